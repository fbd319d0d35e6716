"""The verbs a person sees on an instance: those allowed, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chengguan.core.errors import Conflict, NotAllowed

from .allowing import permit, request_moves
from .calendars import Calendars
from .procedure import Context, Procedure, Row
from .shape import Compiled, FieldSpec
from .timing import clocks_of

if TYPE_CHECKING:
    from chengguan.accounts.domain.principal import Principal


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb as a person sees it on an instance: allowed, or the sentence why not."""

    verb: str
    title: str
    allowed: bool
    reason: str = ""
    form: tuple[FieldSpec, ...] = ()
    primary: bool = False
    bulk: bool = False
    request: str = ""
    code: str = ""


def available(
    procedure: Procedure,
    row: Row,
    principal: Principal,
    at: datetime,
    *,
    definition: Compiled,
    calendars: Calendars,
) -> list[Offer]:
    """Return the verbs that lead on from the row's state, each allowed or with the reason."""
    clocks = clocks_of(row.get("clocks") or {})
    calendar = calendars.newest(procedure.calendar_of(row))
    offers = []
    for spec in definition.by_state.get(row["state"], ()):
        if spec.hidden:
            continue
        context = Context(row, definition, spec, {}, principal, at, clocks, calendar, calendars)
        why_code, why = _reason_against(procedure, context)
        offers.append(
            Offer(
                verb=spec.name,
                title=spec.title,
                allowed=not why,
                reason=why,
                form=spec.form,
                primary=spec.primary,
                bulk=spec.bulk,
                request=spec.request,
                code=why_code,
            )
        )
    return offers


def _reason_against(procedure: Procedure, context: Context) -> tuple[str, str]:
    spec, row = context.verb, context.row
    try:
        request_moves(context.definition, spec, row, context.principal)
        permit(procedure, context.definition, spec, row, context.principal)
    except (NotAllowed, Conflict) as error:
        return error.code, error.message
    for name in spec.guards:
        why = procedure.guards[name](context)
        if why:
            return "workflow.guard", why
    return "", ""

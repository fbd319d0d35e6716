"""The one door through which an instance moves: one step, one transaction, one winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import DomainError, NotFound
from chengguan.store.pipeline import gathered, together

from ..errors import Overtaken
from ..models import Instance
from . import offering
from .calendars import Calendars, all_calendars
from .definition import current, definition_of
from .offering import Offer
from .procedure import Procedure, procedure_of
from .shape import Compiled
from .stepping import NewEvent, Step, step
from .timing import stored_clocks
from .writing import Evidence, Written, insert_rows, update_row, write_follow_ups


@dataclass(frozen=True, slots=True)
class Applied:
    """A step that is written: the row after it (as stored), its event and the step itself."""

    row: Mapping[str, Any]
    event: NewEvent
    step: Step


def act(
    instance: Instance | int,
    verb: str,
    principal: Principal,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    *,
    attachments: Sequence[Evidence] = (),
    procedure: Procedure | str | None = None,
) -> Applied:
    """Apply `verb` to an instance and write everything that follows from it, in one transaction.

    `instance` is a row, which is trusted to be what the person saw and is updated in place, or
    an id together with `procedure`. `at` is now unless history is replayed. A refusal is audited
    in a transaction of its own, so do not call this inside another one that it would roll back.

    Raises:
        NotFound, WrongState, NotAllowed, Invalid, Conflict: see `step`.
        Overtaken: somebody else moved the instance first.
    """
    trade = procedure_of(procedure if procedure is not None else _model_of(instance))
    row = _row_of(trade, instance)
    definition = definition_of(row["definition_id"])
    applied = _attempt(trade, definition, row, verb, principal, data, at, attachments)
    if not isinstance(instance, int):
        _refresh(instance, applied)
    return applied


def begin(
    procedure: Procedure | str,
    row: Mapping[str, Any],
    verb: str,
    principal: Principal,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    *,
    attachments: Sequence[Evidence] = (),
    definition: Compiled | None = None,
) -> Applied:
    """Begin an instance with `verb` under the newest definition; `row` has its id and columns."""
    trade = procedure_of(procedure)
    whole = trade.whole_row({**row, "state": "", "seq": 0})
    return _attempt(
        trade, definition or current(trade.code), whole, verb, principal, data, at, attachments
    )


def available(
    instance: Instance,
    principal: Principal,
    at: datetime | None = None,
    *,
    procedure: Procedure | str | None = None,
) -> list[Offer]:
    """Return the verbs that lead on from here, each allowed or with the sentence why not."""
    trade = procedure_of(procedure if procedure is not None else type(instance))
    row = _row_of(trade, instance)
    return offering.available(
        trade,
        row,
        principal,
        at or timezone.now(),
        definition=definition_of(row["definition_id"]),
        calendars=all_calendars(),
    )


def with_evidence(
    data: Mapping[str, Any] | None, evidence: Sequence[Evidence]
) -> Mapping[str, Any]:
    """Return the form's data with the evidence in the fields it fills."""
    if not evidence:
        return data or {}
    filled = dict(data or {})
    for one in evidence:
        filled[one.field] = [*filled.get(one.field, ()), one.sha256]
    return filled


def moment_of(row: Mapping[str, Any], at: datetime | None) -> datetime:
    """Return when a step happens: `at`, else now, but not before the last step.

    Two web processes' clocks may differ by milliseconds; that is no reason to refuse.
    """
    if at is not None:
        return at
    now, changed = timezone.now(), row.get("changed_at")
    return changed if row.get("state") and changed is not None and changed > now else now


def _attempt(
    trade: Procedure,
    definition: Compiled,
    row: Mapping[str, Any],
    verb: str,
    principal: Principal,
    data: Mapping[str, Any] | None,
    at: datetime | None,
    evidence: Sequence[Evidence],
) -> Applied:
    calendars = all_calendars()
    try:
        taken = step(
            trade,
            row,
            verb,
            principal,
            with_evidence(data, evidence),
            moment_of(row, at),
            definition=definition,
            calendars=calendars,
        )
        try:
            with together():
                _write(Written(taken, evidence), calendars)
        except IntegrityError as error:
            # All writes are one statement: any key of the loser's may be the first to clash, and
            # by then the winner has committed.
            if _has_moved(trade, row):
                raise Overtaken from error
            raise
    except DomainError as error:
        record(
            f"{trade.code}.{verb}",
            actor=principal.actor(),
            subject_type=trade.code,
            subject_id=row["id"],
            result=Result.REFUSED,
            detail={"code": error.code, "why": error.message, "state": row["state"]},
        )
        raise
    return Applied({**taken.row, "clocks": stored_clocks(taken.clocks)}, taken.event, taken)


def _write(written: Written, calendars: Calendars) -> None:
    one = written.step
    with gathered() as writes:
        if one.event.from_state:
            update_row(one, writes)
        else:
            insert_rows(one.procedure, [one.row])
        write_follow_ups([written], calendars)
    if one.event.from_state and writes.matched == 0:
        raise Overtaken


def _has_moved(trade: Procedure, row: Mapping[str, Any]) -> bool:
    stored = trade.model._default_manager.filter(pk=row["id"]).values_list("seq", flat=True)
    return any(seq != row["seq"] for seq in stored)


def _row_of(trade: Procedure, instance: Instance | int) -> dict[str, Any]:
    if isinstance(instance, int):
        found = cast(
            "dict[str, Any] | None",
            trade.model._default_manager.filter(pk=instance).values().first(),
        )
        if found is None:
            raise NotFound("workflow.instance", f"没有编号为 {instance} 的{trade.title}。")
        return found
    values = vars(instance)
    if any(name not in values for name in trade.columns):
        return _row_of(trade, instance.pk)
    return {name: values[name] for name in trade.columns}


def _model_of(instance: Instance | int) -> type[Instance]:
    if isinstance(instance, int):
        raise TypeError("an id needs its procedure")
    return type(instance)


def _refresh(instance: Instance, applied: Applied) -> None:
    for name in applied.step.changes:
        setattr(instance, name, applied.row[name])

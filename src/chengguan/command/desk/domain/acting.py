"""A verb taken at the desk: the engine's step, with races said by name and the draft put away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.offering import note_offered
from chengguan.cases.models import Case
from chengguan.core.errors import Conflict
from chengguan.workflow.domain import Applied, Evidence

from .drafts import drop_draft
from .racing import races_of


def act_at_desk(
    principal: Principal,
    case: Case,
    verb: str,
    data: Mapping[str, Any],
    *,
    seen: int | None = None,
    attachments: Sequence[Evidence] = (),
) -> Applied:
    """Apply `verb` as decided on the case as it was at `seen`, and forget what was typed for it.

    Raises:
        Conflict: another was faster (`desk.raced`, who did what when), or not from this state.
        NotAllowed, Invalid, NotFound: as the engine says.
    """
    matterless = verb == "file" and not case.matter_code
    if seen is not None:
        # The person decided on what was shown; what has happened since he hasn't seen.
        case.seq = seen
    try:
        applied = act(case, verb, principal, data, attachments=attachments)
    except Conflict as error:
        raise said_by_name(principal, case, verb, seen, error) from error
    drop_draft(principal, case.pk, verb)
    if matterless:
        note_offered(principal, case, timezone.now())
    return applied


def said_by_name(
    principal: Principal, case: Case, verb: str, seen: int | None, error: Conflict
) -> Conflict:
    """Give the refusal that names who was faster; the engine's own where nobody was."""
    if seen is None:
        return error
    raced = races_of(principal, [(case, seen)], verb).get(case.pk)
    return raced.as_conflict() if raced else error

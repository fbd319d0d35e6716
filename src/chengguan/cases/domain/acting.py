"""The door to a case: `workflow.act`, with what concerns more than one row, or more than now.

A suspension that is over is ended first, at its exact instant; merging touches two cases; a
second return becomes the request for arbitration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import DomainError, NotAllowed, NotFound
from chengguan.workflow.domain import Applied, Evidence, available, definition_of
from chengguan.workflow.domain import act as act_one
from chengguan.workflow.domain.allowing import check_state
from chengguan.workflow.errors import Overtaken, WrongState

from ..models import Case
from .absent import act_on_absent, meant_and_rest, names_absent

SYSTEM = Principal.system("系统")
_NOT_HIS: Final = frozenset(
    {
        "workflow.capability",
        "workflow.assignee",
        "workflow.own_request",
        "workflow.same_approver",
    }
)


def act(
    case: Case | int,
    verb: str,
    principal: Principal,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    *,
    attachments: Sequence[Evidence] = (),
) -> Applied:
    """Apply `verb` to a case; see `workflow.domain.act`. Pages and API come through here.

    Raises:
        NotFound, WrongState, NotAllowed, Invalid, Conflict, Overtaken: as the engine says.
        Invalid: it names somebody who is away, and doesn't say `although_away`.
    """
    from .duplicates import merge, unmerge

    row = case if isinstance(case, Case) else case_of(case)
    if verb != "resume":
        wake(row, at)
    if verb == "merge":
        return merge(row, principal, data or {}, at)
    if verb == "unmerge":
        return unmerge(row, principal, data or {}, at)
    if verb == "return_to_dispatcher" and row.returns and row.state == "awaiting_handling":
        # A second return is not a return any more: it goes to the arbiter by itself.
        verb = "ask_return"
    meant, filled = meant_and_rest(data or {})
    # What is replayed (`at`) was decided then, by who was there then.
    found = None if at is not None else names_absent(row, verb, filled, principal)
    if found is not None:
        return act_on_absent(
            row, verb, principal, filled, found, meant=meant, attachments=tuple(attachments)
        )
    return act_one(row, verb, principal, filled, at, attachments=attachments)


def refuse_early(case: Case, verb: str, principal: Principal, *, seen: int | None = None) -> None:
    """Refuse, as `act` would and audited as there, what no form can make right.

    For whoever has something costly to do before the step, such as keeping files. `seen` is the
    `seq` the person decided on.

    Raises:
        WrongState, NotAllowed, Conflict: not from this state, not by this person, not now.
        Overtaken: the case has moved on since it was seen.
    """
    wake(case)
    try:
        _check_offered(case, verb, principal)
        if seen is not None and seen != case.seq:
            raise Overtaken
    except DomainError as error:
        record(
            f"case.{verb}",
            actor=principal.actor(),
            subject_type="case",
            subject_id=case.pk,
            result=Result.REFUSED,
            detail={"code": error.code, "why": error.message, "state": case.state},
        )
        raise


def wake(case: Case, at: datetime | None = None) -> bool:
    """End a suspension whose time is up, at the instant that was approved, however late we are."""
    until = case.suspended_until
    if until is None or until > (at or timezone.now()):
        return False
    act_one(case, "resume", SYSTEM, {}, until)
    return True


def case_of(case_id: int) -> Case:
    """Give a case by id.

    Raises:
        NotFound: there is none.
    """
    found = Case.objects.filter(pk=case_id).first()
    if found is None:
        raise NotFound("cases.case", "没有这个案件。", mend="请核对案件编号。")
    return found


def _check_offered(case: Case, verb: str, principal: Principal) -> None:
    definition = definition_of(case.definition_id)
    check_state(definition, definition.verbs[verb], {"state": case.state})
    for offer in available(case, principal):
        if offer.verb == verb and not offer.allowed:
            kind = NotAllowed if offer.code in _NOT_HIS else WrongState
            raise kind(offer.code, offer.reason, mend="请刷新页面，查看现在可以办理的动作。")

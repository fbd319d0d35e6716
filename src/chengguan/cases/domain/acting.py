"""The door to a case: `workflow.act`, with the two things that concern more than one row or now.

A suspension that is over is ended first, at its exact instant; merging touches two cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import NotFound
from chengguan.workflow.domain import Applied, Evidence
from chengguan.workflow.domain import act as act_one

from ..models import Case

SYSTEM = Principal.system("系统")


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
    """
    from .duplicates import merge, unmerge

    row = case if isinstance(case, Case) else case_of(case)
    if verb != "resume":
        wake(row, at)
    if verb == "merge":
        return merge(row, principal, data or {}, at)
    if verb == "unmerge":
        return unmerge(row, principal, data or {}, at)
    return act_one(row, verb, principal, data, at, attachments=attachments)


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

"""What can be refused about plans, in sentences a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from chengguan.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound


def no_plan() -> NotFound:
    """No such plan or run, or none this person may see."""
    return NotFound(
        "plans.unknown", "没有这份预案或这次启动，或您无权查看。", mend="请回到预案列表。"
    )


def may_not(what: str, who: str) -> NotAllowed:
    """A start or a change that the post does not allow."""
    return NotAllowed("plans.not_allowed", f"您不能{what}。", mend=f"请由{who}办理。")


def row_wrong(row: int, field: str, message: str, mend: str) -> Invalid:
    """A fault of one row of a plan's table."""
    return Invalid("plans.row", f"第 {row} 行：{message}", field=field, row=row, mend=mend)


def file_wrong(message: str, mend: str) -> Invalid:
    """A file that is no plan."""
    return Invalid("plans.file", message, field="file", mend=mend)


def all_of(faults: Sequence[DomainError]) -> DomainError:
    """Give the first fault with the others behind it."""
    first, *rest = faults
    first.also = tuple(rest)
    return first


def retired(name: str) -> Conflict:
    """A plan that is no longer used."""
    return Conflict("plans.retired", f"预案“{name}”已停用。", mend="请选择其他预案。")


def rewritten(by: str, at: datetime) -> Conflict:
    """A plan was changed since its schedule was switched on, and who answers has not seen it."""
    when = f"{timezone.localtime(at):%m-%d %H:%M}"
    return Conflict(
        "plans.rewritten",
        f"预案已由 {by} 于 {when} 修改，请核对后恢复定期启动。",
        mend="请打开预案核对任务和责任方，再恢复定期启动。",
    )


def no_schedule() -> NotFound:
    """No such schedule, or none this person may see."""
    return NotFound(
        "plans.no_schedule", "没有这项定期启动，或您无权查看。", mend="请回到预案列表。"
    )


def terms_wrong(field: str, message: str, mend: str) -> Invalid:
    """A term of a schedule that can't be."""
    return Invalid("plans.terms", message, field=field, mend=mend)


def schedule_is(state: str) -> Conflict:
    """A schedule that is not where the act needs it."""
    return Conflict(
        "plans.schedule_state", f"这项定期启动{state}。", mend="请刷新页面查看最新情况。"
    )

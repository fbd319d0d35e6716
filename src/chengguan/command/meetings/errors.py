"""What can be refused about meetings."""

from __future__ import annotations

from chengguan.core.errors import Invalid, NotAllowed, NotFound


def no_meeting() -> NotFound:
    """No such meeting, or none this person may see."""
    return NotFound("meetings.unknown", "没有这次会议，或您无权查看。", mend="请回到会议列表。")


def may_not() -> NotAllowed:
    """Whoever may not keep minutes."""
    return NotAllowed("meetings.not_allowed", "您不能记录会议。", mend="请由指挥岗位的人员记录。")


def wrong(field: str, message: str, mend: str) -> Invalid:
    """A value that can't be taken."""
    return Invalid("meetings.invalid", message, field=field, mend=mend)

"""What can be refused about bulletins."""

from __future__ import annotations

from chengguan.core.errors import Invalid, NotAllowed, NotFound


def no_bulletin() -> NotFound:
    """No such bulletin, or none for this person."""
    return NotFound("bulletins.unknown", "没有这份通报，或不是发给您的。", mend="请回到通报列表。")


def may_not() -> NotAllowed:
    """Whoever may not publish there."""
    return NotAllowed(
        "bulletins.not_allowed", "您不能向这个区域发布通报。", mend="请由该区域的值班指挥长发布。"
    )


def wrong(field: str, message: str, mend: str) -> Invalid:
    """A value that can't be taken."""
    return Invalid("bulletins.invalid", message, field=field, mend=mend)

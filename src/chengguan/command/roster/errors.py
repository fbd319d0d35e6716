"""What can't be done to a roster, in sentences that say what to do instead."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def not_keeper(name: str) -> NotAllowed:
    """Somebody else keeps that unit's roster."""
    return NotAllowed(
        "roster.not_keeper",
        f"您不能为“{name}”排班。",
        mend="请由该单位范围内有排班权限的人办理（值班长、值班指挥长）。",
    )


def not_his_people() -> NotAllowed:
    """Somebody else keeps the roster of one of these people."""
    return NotAllowed(
        "roster.not_his_people",
        "其中有人不在您的排班范围。",
        mend="请核对人员，或由其所在单位的排班人办理。",
    )


def no_such(what: str) -> NotFound:
    """Nothing there, or nothing this person may see."""
    return NotFound("roster.none", f"没有这{what}。", mend="可能已被改动，请回到列表重新选择。")


def past() -> Conflict:
    """What has begun is history."""
    return Conflict(
        "roster.past",
        "班次已经开始，不能再换班。",
        mend="已经发生的变动请由排班人在“更正”中登记，原计划会保留。",
    )


def overlaps(name: str, when: str) -> Conflict:
    """The person is on duty then already."""
    return Conflict(
        "roster.double", f"{name}在 {when} 已有班次，会重复排班。", mend="请换一位同事或另选一班。"
    )


def wrong(field: str, message: str, mend: str) -> Invalid:
    """A value can't be accepted."""
    return Invalid(f"roster.{field}", message, field=field, mend=mend)


def wrong_state(state: str) -> Conflict:
    """The swap is in another state."""
    return Conflict("roster.swap_state", f"申请{state}，不能再办。", mend="请刷新页面查看结果。")

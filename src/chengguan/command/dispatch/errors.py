"""What dispatch refuses, and the mend it says."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def may_not_automate() -> NotAllowed:
    """The person holds no post that may switch automatic dispatch there."""
    return NotAllowed(
        "dispatch.automate",
        "您的岗位不能在此区域开关自动派遣。",
        mend="请由督查员或值班指挥长办理。",
    )


def may_not_judge() -> NotAllowed:
    """The person may not dispatch there, so that his choice would say nothing."""
    return NotAllowed(
        "dispatch.judge", "您的岗位不能复核此处的派遣。", mend="请由该区域的派遣员复核。"
    )


def no_such(what: str) -> NotFound:
    """There is none, or it is not one's to see."""
    return NotFound("dispatch.none", f"没有这{what}。", mend="请刷新页面后重新选择。")


def too_few(count: int, needed: int) -> Conflict:
    """History is too short to be trusted."""
    return Conflict(
        "dispatch.too_few",
        f"近 90 天该事项在此区域只有 {count} 件可比，不足 {needed} 件，不能开启自动派遣。",
        mend="请先由派遣员派遣，积累后再开启；或选择更大的区域。",
    )


def too_often_wrong(percent: str, needed: int) -> Conflict:
    """What the rules say is too often not where cases end."""
    return Conflict(
        "dispatch.inaccurate",
        f"历史一致率 {percent}，低于 {needed}%，不能开启自动派遣。",
        mend="请先查看不一致的案件，修正权责或作出裁定。",
    )


def already_on() -> Conflict:
    """Somebody switched it on before."""
    return Conflict("dispatch.on", "该事项在此区域已经开启自动派遣。", mend="请刷新页面。")


def already_off() -> Conflict:
    """It is off already."""
    return Conflict("dispatch.off", "该规则已经关闭。", mend="请刷新页面。")


def already_judged() -> Conflict:
    """A colleague was faster."""
    return Conflict("dispatch.judged", "该件已由同事复核。", mend="请复核下一件。")


def wrong_value(field: str, message: str, mend: str) -> Invalid:
    """A value of the form can't be taken."""
    return Invalid(f"dispatch.{field}", message, field=field, mend=mend)

"""What dispatch refuses, and the mend it says."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def may_not_automate(title: str) -> NotAllowed:
    """The person holds no post that may switch this machine there."""
    return NotAllowed(
        "dispatch.automate",
        f"您的岗位不能在此区域开关{title}。",
        mend="请由有此权限的督查员或值班指挥长办理。",
    )


def may_not_judge(did: str) -> NotAllowed:
    """The person may not do there what the machine did, so that his choice would say nothing."""
    return NotAllowed(
        "dispatch.judge", f"您的岗位不能复核此处的{did}。", mend=f"请由该区域可以{did}的人员复核。"
    )


def not_impartial() -> NotAllowed:
    """He had a hand in the case, or switched the machine on."""
    return NotAllowed(
        "dispatch.not_impartial",
        "您经办过本案，或自动办理由您开启，不能由您复核。",
        mend="请由未参与的同事复核。",
    )


def no_such(what: str) -> NotFound:
    """There is none, or it is not one's to see."""
    return NotFound("dispatch.none", f"没有这{what}。", mend="请刷新页面后重新选择。")


def too_few(title: str, count: int, needed: int) -> Conflict:
    """History is too short to be trusted."""
    return Conflict(
        "dispatch.too_few",
        f"近 90 天该事项在此区域只有 {count} 件可比，不足 {needed} 件，不能开启{title}。",
        mend="请先由人办理，积累后再开启；或选择更大的区域。",
    )


def too_often_wrong(title: str, percent: str, needed: int) -> Conflict:
    """What the rules say is too often not where cases end."""
    return Conflict(
        "dispatch.inaccurate",
        f"历史一致率 {percent}，低于 {needed}%，不能开启{title}。",
        mend="请先查看不一致的案件，查明原因。",
    )


def already_on(title: str) -> Conflict:
    """Somebody switched it on before."""
    return Conflict("dispatch.on", f"该事项在此区域已经开启{title}。", mend="请刷新页面。")


def already_off() -> Conflict:
    """It is off already."""
    return Conflict("dispatch.off", "该规则已经关闭。", mend="请刷新页面。")


def already_judged() -> Conflict:
    """A colleague was faster."""
    return Conflict("dispatch.judged", "该件已由同事复核。", mend="请复核下一件。")


def wrong_value(field: str, message: str, mend: str) -> Invalid:
    """A value of the form can't be taken."""
    return Invalid(f"dispatch.{field}", message, field=field, mend=mend)

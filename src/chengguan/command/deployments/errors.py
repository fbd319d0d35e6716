"""What can be refused about deployments across towns, in sentences a person can act on."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def unknown() -> NotFound:
    """No such deployment, or none this person may see."""
    return NotFound(
        "deployments.unknown", "没有这项跨镇域调配，或您无权查看。", mend="请回到列表。"
    )


def no_town() -> NotAllowed:
    """Whoever commands no town as a whole."""
    return NotAllowed(
        "deployments.no_town",
        "只有街镇的指挥人员可以申请跨镇域调配。",
        mend="请由本街镇有“指挥调度”权限的人员申请；县（区）指挥人员可直接下达命令。",
    )


def may_not(what: str, who: str) -> NotAllowed:
    """An act that the post does not allow."""
    return NotAllowed("deployments.not_allowed", f"您不能{what}。", mend=f"请由{who}办理。")


def wrong(field: str, message: str, mend: str) -> Invalid:
    """A value that can't be taken."""
    return Invalid("deployments.invalid", message, field=field, mend=mend)


def stands(state: str) -> Conflict:
    """A deployment that is not where the act needs it."""
    return Conflict(
        "deployments.state", f"这项跨镇域调配{state}。", mend="请刷新页面查看最新情况。"
    )

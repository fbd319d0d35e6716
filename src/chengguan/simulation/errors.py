"""What is refused about comparisons, and what to do."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def no_comparison() -> NotFound:
    """There is none of that number, or it is not for the asker's eyes."""
    return NotFound(
        "whatif.none", "没有找到这次推演。", mend="请从推演列表点开；它也可能不在您的管辖范围内。"
    )


def no_figure(code: str) -> NotFound:
    """The comparison has no such figure, or none yet."""
    return NotFound("whatif.figure", f"这次推演没有指标“{code[:60]}”。", mend="请从推演结果点开。")


def not_allowed() -> NotAllowed:
    """The asker's posts do not plan, or not for this area."""
    return NotAllowed(
        "whatif.not_allowed",
        "您的岗位不能为该区域做方案推演。",
        mend="如确需办理，请联系系统管理员授予规划、督查或领导岗位。",
    )


def too_large(name: str, most: int) -> Invalid:
    """An uploaded plan is larger than any city's file."""
    return Invalid(
        "whatif.bytes",
        f"{name} 超过 {most // 1024} KB，不是方案文件。",
        mend="请上传 TOML 方案文件，可参照 data/simulation/whatif。",
    )


def not_text(name: str) -> Invalid:
    """An uploaded plan is no UTF-8 text."""
    return Invalid(
        "whatif.encoding",
        f"{name} 不是 UTF-8 文本。",
        mend="请用文本编辑器另存为 UTF-8 编码的 TOML 文件。",
    )


def too_many(most: int) -> Conflict:
    """One person has enough of them waiting."""
    return Conflict(
        "whatif.waiting",
        f"您已有 {most} 次推演在排队或进行中。",
        mend="请等其中一次完成，或先取消一次。",
    )


def over() -> Conflict:
    """Nothing is left to cancel."""
    return Conflict("whatif.over", "这次推演已经结束，不能取消。", mend="请刷新页面查看结果。")

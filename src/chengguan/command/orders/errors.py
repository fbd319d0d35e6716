"""What can be refused about orders, in sentences a person can act on."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def no_order() -> NotFound:
    """No such order, or none this person may see."""
    return NotFound("orders.unknown", "没有这条命令，或您无权查看。", mend="请回到命令列表。")


def not_yours() -> NotAllowed:
    """Somebody answers for another."""
    return NotAllowed(
        "orders.not_yours",
        "这条命令不是下达给您或您单位的。",
        mend="请由接收方本人、或其单位的经办人答复。",
    )


def may_not_order() -> NotAllowed:
    """Whoever may not order at all."""
    return NotAllowed(
        "orders.not_allowed",
        "您的岗位不能下达命令。",
        mend="如确需下达，请联系安全管理员授予相应岗位。",
    )


def beyond(names: list[str]) -> NotAllowed:
    """Recipients outside the scope of whoever orders."""
    return NotAllowed(
        "orders.beyond",
        f"{'、'.join(names[:5])} 不在您的指挥范围内。",
        mend="请去掉这些接收方，或请上一级下达。",
        names=names,
    )


def nobody_answers(names: list[str]) -> Invalid:
    """Units without a clerk: nobody could give the receipt."""
    return Invalid(
        "orders.no_clerk",
        f"{'、'.join(names[:5])} 没有经办人，命令无人能签收。",
        field="unit",
        mend="请直接下达给该单位的人员，或请安全管理员授予处置单位管理员岗位。",
        names=names,
    )


def wrong(field: str, message: str, mend: str, row: int | None = None) -> Invalid:
    """A value that can't be taken."""
    return Invalid("orders.invalid", message, field=field, row=row, mend=mend)


def overtaken(message: str, mend: str) -> Conflict:
    """Somebody was quicker, or the order has changed."""
    return Conflict("orders.overtaken", message, mend=mend)

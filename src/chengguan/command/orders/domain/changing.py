"""What whoever gave an order may do with it afterwards: amend and withdraw; nothing is erased."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.core.errors import NotAllowed
from chengguan.notify.domain import News, tell_many

from ...enums import ReceiptVerb
from ...models import Order, Receipt
from .. import errors
from .reach import clerks_of, commands
from .writing import SUBJECT, note, tell_watchers, title_of


def may_change(principal: Principal, order: Order) -> bool:
    """Say whether one may amend or withdraw: whoever gave it, or commands that area."""
    if principal.user_id is not None and principal.user_id == order.sender_id:
        return True
    return commands(principal, order.area_code)


@transaction.atomic
def amend(
    principal: Principal,
    order_id: int,
    *,
    text: str,
    due_at: datetime | None,
    at: datetime | None = None,
) -> Order:
    """Change what is asked or until when; the earlier words stay in the history, recipients are told.

    Who had accepted stays so, and is shown as not having seen the new revision until he looks.

    Raises:
        NotAllowed: another's order outside one's scope.
        Conflict: it is withdrawn. Invalid: nothing changed, or a deadline in the past.
    """
    now = at or timezone.now()
    order = _own(principal, order_id)
    text = text.strip()
    if (text, due_at) == (order.text, order.due_at):
        raise errors.wrong("text", "内容和时限都没有变。", "请改动后再提交，或点取消。")
    if due_at is not None and due_at != order.due_at and due_at <= now:
        raise errors.wrong("due", "完成时限已经过去。", "请改为现在以后的时间。")
    before = {"text": order.text, "due_at": order.due_at.isoformat() if order.due_at else ""}
    order.text, order.due_at = text, due_at
    order.revision += 1
    order.amended_at = now
    order.save(update_fields=["text", "due_at", "revision", "amended_at"])
    still = order.receipts.filter(done_at=None, refused_at=None)
    # A new date is a new promise: who was told to be late may be told once more.
    still.update(due_at=due_at, escalated_at=None)
    note(
        order,
        None,
        ReceiptVerb.AMEND,
        principal,
        now,
        words=f"第 {order.revision} 版",
        data={"before": before},
    )
    _tell_recipients(order, f"命令有变更：{title_of(order)}", text[:200])
    _record(principal, order, "order.amend", now)
    tell_watchers(order, ReceiptVerb.AMEND)
    return order


@transaction.atomic
def withdraw(
    principal: Principal, order_id: int, reason: str, *, at: datetime | None = None
) -> Order:
    """Take an order back from everybody who has not finished; raises as `amend`."""
    now = at or timezone.now()
    order = _own(principal, order_id)
    reason = reason.strip()
    if not reason or len(reason) > 200:
        raise errors.wrong("reason", "请写明撤回的原因，不超过 200 字。", "接收方会看到这个原因。")
    _tell_recipients(order, f"命令已撤回：{title_of(order)}", reason)
    order.receipts.filter(done_at=None, refused_at=None).update(withdrawn_at=now)
    order.withdrawn_at, order.withdrawn_reason = now, reason
    order.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    note(order, None, ReceiptVerb.WITHDRAW, principal, now, words=reason)
    _record(principal, order, "order.withdraw", now)
    tell_watchers(order, ReceiptVerb.WITHDRAW)
    return order


def _own(principal: Principal, order_id: int) -> Order:
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise errors.no_order()
    if not may_change(principal, order):
        raise NotAllowed(
            "orders.not_sender", "只有下达人或上级指挥可以变更、撤回。", mend="请联系下达人。"
        )
    if order.withdrawn_at is not None:
        raise errors.overtaken("这条命令已经撤回。", "如仍需要，请重新下达。")
    return order


def _tell_recipients(order: Order, title: str, body: str) -> None:
    open_ = list(
        Receipt.objects.filter(
            order=order, done_at=None, refused_at=None, withdrawn_at=None
        ).select_related("unit")
    )
    clerks = clerks_of(one.unit.path for one in open_ if one.unit)
    people = {one.user_id for one in open_ if one.user_id is not None}
    for one in open_:
        if one.unit:
            people |= {clerk.user_id for clerk in clerks[one.unit.path]}
    if people:
        url = f"{reverse('command:orders-mine')}?order={order.pk}"
        payload = {"title": title[:120], "body": body, "url": url}
        told = sorted(people)
        tell_many([News("order.changed", order.pk, user_ids=told, payload=payload)])


def _record(principal: Principal, order: Order, action: str, at: datetime) -> None:
    record(
        action,
        actor=principal.actor(Capability.ORDER),
        subject_type=SUBJECT,
        subject_id=order.pk,
        detail={"revision": order.revision},
        at=at,
    )

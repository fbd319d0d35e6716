"""The channel that marks an order delivered when the relay tells it, and the overdue's one reminder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from chengguan.notify.channels import Told
from chengguan.notify.domain import News, tell_many

from ...enums import ReceiptVerb
from ...models import Order, OrderEvent, Receipt
from .writing import tell_watchers, title_of

#: What is told when an order goes out.
ISSUED = "order.issued"
_BY = "消息中继"


def deliver(told: Sequence[Told]) -> None:
    """Set the instant of delivery of what the relay is telling, in its transaction."""
    numbers = [
        number
        for message in told
        if message.topic == ISSUED
        for number in message.payload.get("receipts", ())
    ]
    if numbers:
        mark_delivered(numbers, timezone.now())


def mark_delivered(numbers: Sequence[int], at: datetime) -> None:
    """Set the instant of delivery of receipts that have none, and write it into the history."""
    new = list(
        Receipt.objects.filter(pk__in=numbers, delivered_at=None)
        .select_for_update(skip_locked=True)
        .values_list("pk", "order_id")
    )
    Receipt.objects.filter(pk__in=[pk for pk, _ in new]).update(delivered_at=at)
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order_id=order_id,
            receipt_id=pk,
            verb=ReceiptVerb.DELIVER,
            at=at,
            actor_name=_BY,
        )
        for pk, order_id in new
    )
    for order in Order.objects.filter(pk__in={order_id for _, order_id in new}):
        tell_watchers(order, ReceiptVerb.DELIVER)


@transaction.atomic
def escalate(at: datetime | None = None) -> int:
    """Tell whoever gave an order, once, which recipients are late; give how many receipts."""
    now = at or timezone.now()
    late = list(
        Receipt.objects.filter(
            due_at__lt=now, done_at=None, refused_at=None, withdrawn_at=None, escalated_at=None
        )
        .select_related("order")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:1000]
    )
    if not late:
        return 0
    Receipt.objects.filter(pk__in=[one.pk for one in late]).update(escalated_at=now)
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order=one.order, receipt=one, verb=ReceiptVerb.ESCALATE, at=now, actor_name="时钟"
        )
        for one in late
    )
    by_order: dict[int, list[Receipt]] = {}
    for one in late:
        by_order.setdefault(one.order_id, []).append(one)
    tell_many([_news(mine[0].order, mine) for mine in by_order.values()])
    for mine in by_order.values():
        tell_watchers(mine[0].order, ReceiptVerb.ESCALATE)
    return len(late)


def _news(order: Order, late: list[Receipt]) -> News:
    names = "、".join(one.name for one in late[:5]) + ("等" if len(late) > 5 else "")
    return News(
        "order.late",
        subject_id=order.pk,
        user_ids=[order.sender_id] if order.sender_id else [],
        area_code="" if order.sender_id else order.area_code,
        payload={
            "title": f"命令超期未完成：{title_of(order)}"[:120],
            "body": f"{names} 共 {len(late)} 个接收方超期未完成",
            "url": f"{reverse('command:orders-detail', args=[order.pk])}?show=late",
        },
    )

"""Write an order with its receipts, its history and its messages: statements don't grow with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.files.domain import NewAttachment, attach_many
from chengguan.notify.domain import News, tell_many

from ...enums import OrderKind, ReceiptVerb
from ...models import Order, OrderEvent, Receipt

SUBJECT: Final = "order"
#: One message names at most so many receipts; a list of points has several messages otherwise.
_NAMED: Final = 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient, already checked: a person or a unit, who is told, and which point."""

    user_id: int | None
    unit_id: int | None
    name: str
    told: tuple[int, ...]
    lead: bool = False
    place: str = ""
    point: tuple[float, float] | None = None

    def at(self, place: str, point: tuple[float, float] | None) -> Recipient:
        """Give the same recipient for one point of a list."""
        return replace(self, place=place[:120], point=point)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an order says."""

    kind: OrderKind
    title: str
    text: str
    due_at: datetime | None
    place: str = ""
    point: tuple[float, float] | None = None
    metres: int | None = None
    area_code: str = ""
    case_number: str = ""
    subject: str = ""
    drill: bool = False
    files: tuple[tuple[str, str], ...] = ()


def write_order(
    principal: Principal, draft: Draft, recipients: Sequence[Recipient], at: datetime
) -> Order:
    """Write all of an order in the caller's transaction; rights are the caller's to check."""
    actor = principal.actor(Capability.ORDER)
    fields = {name: getattr(draft, name) for name in _COLUMNS}
    order = Order.objects.create(
        **fields,
        sender_id=principal.user_id,
        sender_name=principal.name,
        sender_post=actor.post,
        issued_at=at,
    )
    receipts = Receipt.objects.bulk_create(
        Receipt(
            order=order,
            user_id=one.user_id,
            unit_id=one.unit_id,
            name=one.name,
            lead=one.lead,
            place=one.place,
            point=one.point,
            issued_at=at,
            due_at=draft.due_at,
        )
        for one in recipients
    )
    attach_many(
        NewAttachment(sha256, SUBJECT, order.pk, name, user_id=principal.user_id, at=at)
        for sha256, name in draft.files
    )
    note(order, None, ReceiptVerb.ISSUE, principal, at, data={"receipts": len(receipts)})
    _tell(order, list(zip(receipts, recipients, strict=True)))
    tell_watchers(order, ReceiptVerb.ISSUE)
    record(
        "order.issue",
        actor=actor,
        subject_type=SUBJECT,
        subject_id=order.pk,
        detail={"title": order.title, "recipients": len(receipts), "drill": order.drill},
        at=at,
    )
    return order


def note(
    order: Order,
    receipt: Receipt | None,
    verb: ReceiptVerb,
    principal: Principal,
    at: datetime,
    *,
    words: str = "",
    data: Mapping[str, Any] | None = None,
) -> OrderEvent:
    """Append one line to the history."""
    return OrderEvent.objects.create(
        order=order,
        receipt=receipt,
        verb=verb,
        at=at,
        actor_id=principal.user_id,
        actor_name=principal.name,
        note=words,
        data=dict(data or {}),
    )


def tell_watchers(order: Order, verb: str) -> None:
    """Let the open screens of whoever gave the order, and of those who may see it, come up to date."""
    tell_many(
        [
            News(
                "order.changed",
                subject_id=order.pk,
                area_code=order.area_code,
                user_ids=[order.sender_id] if order.sender_id else [],
                payload={"order": order.pk, "verb": verb},
            )
        ]
    )


def title_of(order: Order) -> str:
    """Give the title as people are told it: a drill says so first."""
    return f"【演练】{order.title}" if order.drill else order.title


def _tell(order: Order, pairs: Sequence[tuple[Receipt, Recipient]]) -> None:
    by_told: dict[tuple[int, ...], list[Receipt]] = {}
    for receipt, recipient in pairs:
        by_told.setdefault(recipient.told, []).append(receipt)
    news = []
    for told, mine in by_told.items():
        for first in range(0, len(mine), _NAMED):
            part = mine[first : first + _NAMED]
            news.append(_news(order, told, part))
    tell_many(news)


def _news(order: Order, told: tuple[int, ...], receipts: list[Receipt]) -> News:
    if len(receipts) == 1:
        url = reverse("command:orders-receipt", args=[receipts[0].pk])
    else:
        url = f"{reverse('command:orders-mine')}?order={order.pk}"
    # With people alone nobody else hears it.
    return News(
        "order.issued",
        subject_id=order.pk,
        user_ids=told,
        payload={
            "title": f"{order.sender_name}下达命令：{title_of(order)}"[:120],
            "body": order.text[:200],
            "url": url,
            "receipts": [receipt.pk for receipt in receipts],
        },
    )


_COLUMNS: Final = (
    "kind",
    "title",
    "text",
    "due_at",
    "place",
    "point",
    "metres",
    "area_code",
    "case_number",
    "subject",
    "drill",
)

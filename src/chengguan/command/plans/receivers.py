"""Between a plan's tasks and their orders: a task that starts is ordered, a receipt moves its task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import User
from chengguan.programmes.domain import act, leave_item
from chengguan.programmes.enums import OVER, ItemState, ItemVerb
from chengguan.programmes.models import Item, Programme

from ..enums import OrderKind, ReceiptVerb
from ..models import Order, Receipt
from ..orders.domain.changing import withdraw
from ..orders.domain.reach import clerks_of
from ..orders.domain.writing import Draft, Recipient, write_order
from .domain.starting import SOURCE

_ITEM: Final = "programmes.item:"
_STEPS: Final = {
    ReceiptVerb.ACCEPT: (ItemVerb.ACCEPT, {ItemState.OPEN}),
    ReceiptVerb.ARRIVE: (ItemVerb.ARRIVE, {ItemState.ACCEPTED}),
    ReceiptVerb.FINISH: (
        ItemVerb.FINISH,
        {ItemState.OPEN, ItemState.ACCEPTED, ItemState.ARRIVED},
    ),
}


def order_items(
    sender: object,
    programme: Programme,
    items: Sequence[Item],
    principal: Principal,
    at: datetime,
    **rest: Any,
) -> None:
    """Order what may start now, in the name of whoever leads; who had it before is released."""
    if programme.source != SOURCE:
        return
    leader = _leader(programme, principal)
    owned = [item for item in items if item.owner_id or item.unit_id]
    _release(leader, owned, "已改由他人办理", at)
    together = _together(programme)
    for item, recipient in _recipients(owned, programme.details.get("lead")):
        checks = "".join(f"\n□ {one}" for one in item.checklist)
        draft = Draft(
            kind=OrderKind.PLAN,
            title=item.title[:80],
            text=f"{item.text}{checks}{together}".strip(),
            due_at=item.due_at,
            place=programme.place,
            point=programme.point,
            area_code=programme.area_code,
            subject=f"{_ITEM}{item.pk}",
            drill=programme.drill,
        )
        write_order(leader, draft, [recipient], at)


def follow_receipt(
    sender: object,
    receipt: Receipt,
    order: Order,
    verb: ReceiptVerb,
    principal: Principal,
    at: datetime,
    **rest: Any,
) -> None:
    """Move the task whose order was accepted, arrived at or done; a refusal leaves a gap."""
    if not order.subject.startswith(_ITEM):
        return
    item = Item.objects.filter(pk=int(order.subject.removeprefix(_ITEM))).first()
    if item is None or item.state in OVER:
        return
    if verb is ReceiptVerb.REFUSE:
        leave_item(principal, item.pk, receipt.reason, at)
        return
    step, from_ = _STEPS[verb]
    if item.state in from_:
        act(principal, item.pk, step, at, words=receipt.note)


def release_item(
    sender: object,
    programme: Programme,
    item: Item,
    verb: ItemVerb,
    principal: Principal,
    at: datetime,
    **rest: Any,
) -> None:
    """Take back the order of a task that was finished or cancelled on the board."""
    if programme.source == SOURCE and verb in (ItemVerb.FINISH, ItemVerb.CANCEL):
        _release(_leader(programme, principal), [item], f"已在指挥看板上{verb.label}", at)


def release_all(
    sender: object, programme: Programme, principal: Principal, at: datetime, **rest: Any
) -> None:
    """Take back what is still open when a plan ends."""
    if programme.source == SOURCE:
        leader = _leader(programme, principal)
        _release(leader, list(programme.items.all()), "应急响应已结束", at)


def _release(leader: Principal, items: Sequence[Item], reason: str, at: datetime) -> None:
    subjects = [f"{_ITEM}{item.pk}" for item in items]
    still = Receipt.objects.filter(
        order__subject__in=subjects, done_at=None, refused_at=None, withdrawn_at=None
    )
    for number in still.values_list("order_id", flat=True).distinct():
        withdraw(leader, number, reason, at=at)


def _together(programme: Programme) -> str:
    """Say in a line who leads a joint run and who assists; nothing for other runs."""
    lead = programme.details.get("lead")
    if lead is None:
        return ""
    rows = programme.items.exclude(unit=None).order_by("position", "pk")
    names = dict(rows.values_list("unit_id", "owner_name"))
    led = names.pop(lead, "")
    assisting = f"；协同：{'、'.join(names.values())}" if names else ""
    return f"\n牵头：{led}{assisting}" if led else ""


def _recipients(items: Sequence[Item], lead: int | None) -> list[tuple[Item, Recipient]]:
    paths = dict(
        Item.objects.filter(pk__in=[one.pk for one in items], unit__isnull=False).values_list(
            "pk", "unit__path"
        )
    )
    clerks = clerks_of(paths.values())
    found = []
    for item in items:
        if item.unit_id is not None:
            told = tuple(clerk.user_id for clerk in clerks[paths[item.pk]])
            leads = item.unit_id == lead
            found.append((item, Recipient(None, item.unit_id, item.owner_name, told, lead=leads)))
        elif item.owner_id is not None:
            told = (item.owner_id,)
            found.append((item, Recipient(item.owner_id, None, item.owner_name, told)))
    return found


def _leader(programme: Programme, principal: Principal) -> Principal:
    if programme.owner_id is None or programme.owner_id == principal.user_id:
        return principal
    user = User.objects.filter(pk=programme.owner_id).first()
    return principal_of(user) if user else principal

"""What is done with one item: accept, arrive, finish, cancel, reopen; add one, change its date or owner.

Every act locks the programme first, so that acts follow one another and parents always fit their
children. An item that is not where the act needs it is a Conflict, said in a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.files.domain import NewAttachment, attach_many

from .. import errors
from ..enums import OVER, ItemState, ItemVerb
from ..models import Item, Programme
from ..signals import item_moved
from .log import note, settle
from .running import NewItem, leads, locked

SUBJECT: Final = "programme.item"

#: From which states a verb leads where.
_WAYS: Final[dict[ItemVerb, tuple[frozenset[str], ItemState]]] = {
    ItemVerb.ACCEPT: (frozenset({ItemState.OPEN}), ItemState.ACCEPTED),
    ItemVerb.ARRIVE: (frozenset({ItemState.ACCEPTED}), ItemState.ARRIVED),
    ItemVerb.FINISH: (
        frozenset({ItemState.OPEN, ItemState.ACCEPTED, ItemState.ARRIVED}),
        ItemState.DONE,
    ),
    ItemVerb.CANCEL: (frozenset(set(ItemState) - OVER), ItemState.CANCELLED),
    ItemVerb.REOPEN: (frozenset({ItemState.DONE}), ItemState.ACCEPTED),
}
_INSTANTS: Final = {
    ItemVerb.ACCEPT: "accepted_at",
    ItemVerb.ARRIVE: "arrived_at",
    ItemVerb.FINISH: "over_at",
    ItemVerb.CANCEL: "over_at",
}


@transaction.atomic
def act(
    principal: Principal,
    item_id: int,
    verb: ItemVerb,
    at: datetime,
    *,
    words: str = "",
    files: Sequence[tuple[str, str]] = (),
) -> Item:
    """Do `verb` to an item; `files` are (SHA-256, name). What waited for it starts at once.

    The owner, a clerk of the unit or whoever leads may accept, arrive and finish; only whoever
    leads cancels and reopens.

    Raises:
        NotAllowed: another's item. Conflict: not in that state, a parent, a closed programme.
        NotFound: no such item.
    """
    programme, item = _locked(item_id)
    if not _may(principal, programme, item, verb):
        raise errors.not_yours(f"{verb.label}“{item.title}”")
    from_, to = _WAYS[verb]
    if item.children.exists():
        raise errors.overtaken("这是一组任务，随下级任务完成。", "请办理它的下级任务。")
    if item.state not in from_:
        raise errors.overtaken(
            f"“{item.title}”{item.get_state_display()}，不能{verb.label}。", "请刷新查看最新情况。"
        )
    _move(item, verb, to, at, words)
    attach_many(
        NewAttachment(sha256, SUBJECT, item.pk, name, user_id=principal.user_id, at=at)
        for sha256, name in files
    )
    note(programme, item, verb, principal, at, words.strip())
    item_moved.send(Item, programme=programme, item=item, verb=verb, principal=principal, at=at)
    settle(programme, principal, at)
    return item


@transaction.atomic
def add_item(principal: Principal, programme_id: int, new: NewItem, at: datetime) -> Item:
    """Add an item at the end of a programme one leads; it starts at once.

    Raises:
        NotAllowed, Conflict: another's, or closed. Invalid: no title.
    """
    programme = _open(locked(programme_id))
    if not leads(principal, programme):
        raise errors.not_yours("增加事项")
    if not new.title.strip():
        raise errors.wrong("title", "请写明事项。", "例如：完成下穿通道标识更换。")
    last = programme.items.order_by("-position").values_list("position", flat=True).first()
    item = Item.objects.create(
        programme=programme,
        position=0 if last is None else last + 1,
        title=new.title.strip()[:120],
        text=new.text,
        owner_id=new.owner_id,
        owner_name=new.owner_name[:80],
        unit_id=new.unit_id,
        due_at=new.due_at,
    )
    note(programme, item, ItemVerb.ADD, principal, at, _owner(item))
    settle(programme, principal, at)
    item.refresh_from_db()
    return item


@transaction.atomic
def amend_item(
    principal: Principal, item_id: int, *, due_at: datetime | None, words: str, at: datetime
) -> Item:
    """Move an item's date with a reason; the earlier date stays in the log. Raises as `act`."""
    programme, item = _locked(item_id)
    if not leads(principal, programme):
        raise errors.not_yours("变更时限")
    if item.is_over:
        raise errors.overtaken("这件事已经办结。", "不必再变更时限。")
    if not words.strip():
        raise errors.wrong("note", "请写明变更时限的原因。", "原时限会留在记录里。")
    before = f"{item.due_at:%Y-%m-%d %H:%M}" if item.due_at else "未定"
    item.due_at = due_at
    item.save(update_fields=["due_at"])
    note(programme, item, ItemVerb.AMEND, principal, at, f"原时限 {before}；{words.strip()}")
    return item


@transaction.atomic
def assign_item(
    principal: Principal,
    item_id: int,
    *,
    owner_id: int | None,
    unit_id: int | None,
    name: str,
    at: datetime,
) -> Item:
    """Fill a gap, or give an item to another; `items_opened` is sent again where it has begun."""
    programme, item = _locked(item_id)
    if not leads(principal, programme):
        raise errors.not_yours("指定责任人")
    if item.is_over:
        raise errors.overtaken("这件事已经办结。", "不必再指定。")
    item.owner_id, item.unit_id, item.owner_name, item.gap = owner_id, unit_id, name[:80], ""
    begun = item.state != ItemState.WAITING
    if begun:
        item.state, item.accepted_at, item.arrived_at = ItemState.OPEN, None, None
    item.save()
    note(programme, item, ItemVerb.AMEND, principal, at, f"责任方：{name}")
    if begun:
        from ..signals import items_opened

        items_opened.send(Programme, programme=programme, items=[item], principal=principal, at=at)
    return item


@transaction.atomic
def leave_item(principal: Principal, item_id: int, reason: str, at: datetime) -> Item:
    """Say that whoever was to do an item will not: a gap until somebody else is named."""
    programme, item = _locked(item_id)
    if not _may(principal, programme, item, ItemVerb.ACCEPT):
        raise errors.not_yours(f"退回“{item.title}”")
    if item.is_over:
        raise errors.overtaken("这件事已经办结。", "不必再退回。")
    item.gap = f"{item.owner_name}不能执行：{reason}"[:200]
    item.save(update_fields=["gap"])
    note(programme, item, ItemVerb.NOTE, principal, at, item.gap)
    return item


def _locked(item_id: int) -> tuple[Programme, Item]:
    number = Item.objects.filter(pk=item_id).values_list("programme_id", flat=True).first()
    if number is None:
        raise errors.no_programme()
    programme = _open(locked(number))
    # Read after the lock: what was read before may be old.
    return programme, Item.objects.select_related("unit").get(pk=item_id)


def _open(programme: Programme) -> Programme:
    # A meeting is over when it is closed, and what it decided is followed until it is done.
    if programme.closed_at is not None and programme.kind != "meeting":
        raise errors.overtaken("这项任务已经结束。", "请刷新页面。")
    return programme


def _may(principal: Principal, programme: Programme, item: Item, verb: ItemVerb) -> bool:
    if leads(principal, programme):
        return True
    if verb in (ItemVerb.CANCEL, ItemVerb.REOPEN):
        return False
    if item.owner_id is not None and item.owner_id == principal.user_id:
        return True
    return item.unit is not None and any(
        held.by_unit and item.unit.path.startswith(held.organisation_path)
        for held in principal.holding(Capability.HANDLE_UNIT)
    )


def _move(item: Item, verb: ItemVerb, to: ItemState, at: datetime, words: str) -> None:
    change: dict[str, Any] = {"state": to}
    column = _INSTANTS.get(verb)
    if column:
        change[column] = at
    if verb is ItemVerb.REOPEN:
        change["over_at"] = None
    if words.strip():
        change["note"] = words.strip()
    for name, value in change.items():
        setattr(item, name, value)
    item.save(update_fields=list(change))


def _owner(item: Item) -> str:
    return f"责任方：{item.owner_name}" if item.owner_name else ""

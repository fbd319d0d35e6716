"""Append to a programme's log, tell open screens, and keep parents and starters in step."""

from __future__ import annotations

from datetime import datetime

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.notify.domain import tell

from ..enums import OVER, ItemState, ItemVerb
from ..models import Item, LogEntry, Programme
from ..rules import Node, Tree
from ..signals import items_opened


def note(
    programme: Programme,
    item: Item | None,
    verb: ItemVerb,
    principal: Principal,
    at: datetime,
    words: str = "",
) -> None:
    """Write one line into the log and the audit, and let open boards come up to date."""
    LogEntry.objects.create(
        programme=programme,
        item=item,
        verb=verb,
        at=at,
        actor_id=principal.user_id,
        actor_name=principal.name,
        note=words,
    )
    record(
        f"programme.{verb}",
        actor=principal.actor(),
        subject_type="programme",
        subject_id=programme.pk,
        detail={"item": item.pk, "title": item.title} if item else {"title": programme.title},
        at=at,
    )
    people = [one for one in (programme.owner_id, item.owner_id if item else None) if one]
    tell(
        "programme.changed",
        subject_id=programme.pk,
        area_code=programme.area_code,
        user_ids=people,
        payload={"programme": programme.pk, "verb": verb},
    )


def tree_of(items: list[Item]) -> Tree:
    """Give the items of a programme as the rules see them."""
    return Tree(Node(one.pk, one.parent_id, frozenset(one.requires), one.state) for one in items)


def settle(programme: Programme, principal: Principal, at: datetime) -> None:
    """Fold parents, and start what may start now; the caller holds the programme's lock.

    Deadlines of items that are "minutes after the start" stand since the start: they don't move.
    """
    items = list(programme.items.order_by("position", "pk"))
    tree = tree_of(items)
    states = tree.fold()
    changed = []
    for one in items:
        if not tree.is_leaf(one.pk) and one.state != states[one.pk]:
            one.state = states[one.pk]
            one.over_at = at if one.state in OVER else None
            changed.append(one)
    ready = set(tree.ready())
    opened = [one for one in items if one.pk in ready]
    for one in opened:
        one.state, one.opened_at = ItemState.OPEN, at
    Item.objects.bulk_update(changed + opened, ["state", "over_at", "opened_at"])
    if not opened:
        return
    # Their parents are under way from now on.
    folded = tree_of(items).fold()
    begun = [one for one in items if one.state != folded[one.pk]]
    for one in begun:
        one.state = folded[one.pk]
    Item.objects.bulk_update(begun, ["state"])
    items_opened.send(Programme, programme=programme, items=opened, principal=principal, at=at)

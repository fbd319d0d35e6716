"""Who may see which programmes and items, a tree as lines, what is open by owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability

from .domain.log import tree_of
from .enums import ItemState
from .models import Item, Programme
from .rules import Tree


def programmes_visible_to(principal: Principal) -> QuerySet[Programme]:
    """Give what one leads, made or owns an item of, and what lies in the area one commands."""
    reach = scope_q(principal, Capability.ORDER)
    if principal.user_id is not None:
        reach |= Q(owner_id=principal.user_id) | Q(created_by=principal.user_id)
        reach |= Q(pk__in=items_of(principal).values("programme_id"))
    return Programme.objects.filter(reach)


def items_of(principal: Principal) -> QuerySet[Item]:
    """Give the items one owns, oneself or as a clerk of the unit."""
    if principal.user_id is None:
        return Item.objects.none()
    mine = Q(owner_id=principal.user_id)
    for held in principal.holding(Capability.HANDLE_UNIT):
        if held.by_unit:
            mine |= Q(unit__path__startswith=held.organisation_path)
    return Item.objects.filter(mine)


def items_visible_to(principal: Principal) -> QuerySet[Item]:
    """Give the items of the programmes one may see."""
    return Item.objects.filter(programme__in=programmes_visible_to(principal).values("pk"))


def can_see_item(principal: Principal, item_id: int) -> bool:
    """Say whether an item's evidence may be seen."""
    return items_visible_to(principal).filter(pk=item_id).exists()


@dataclass(frozen=True, slots=True)
class Line:
    """One item as a board shows it: how deep it stands, and its light."""

    item: Item
    depth: int
    is_parent: bool
    light: str
    requires: list[str]


def lines(items: Iterable[Item], at: datetime) -> list[Line]:
    """Give items in the order of their tree, depth first."""
    known = {one.pk: one for one in items}
    tree = tree_of(list(known.values()))
    found: list[Line] = []

    def walk(keys: list[int], depth: int) -> None:
        for key in keys:
            item = known[key]
            required = [known[one].title for one in item.requires if one in known]
            parent = not tree.is_leaf(key)
            found.append(Line(item, depth, parent, light(item, at), required))
            walk(tree.children.get(key, []), depth + 1)

    walk(tree.children.get(None, []), 0)
    return found


def light(item: Item, at: datetime) -> str:
    """Give an item's light at `at`: red is over the date, yellow the last fifth, else green."""
    if item.due_at is None or item.state == ItemState.CANCELLED:
        return "none"
    end = item.over_at or at
    if end > item.due_at:
        return "red"
    begin = item.opened_at
    if begin and not item.over_at and at > begin + (item.due_at - begin) * 0.8:
        return "yellow"
    return "green"


def tree(programme: Programme) -> Tree:
    """Give a programme's tree as the rules see it."""
    return tree_of(list(programme.items.order_by("position", "pk")))


def open_items(
    principal: Principal, *, kind: str = "", series: str = "", owner: str = ""
) -> QuerySet[Item]:
    """Give the open items one may see, the most overdue first, with their programmes."""
    rows = items_visible_to(principal).filter(over_at=None).select_related("programme", "unit")
    if kind:
        rows = rows.filter(programme__kind=kind)
    if series:
        rows = rows.filter(programme__series=series)
    if owner:
        rows = rows.filter(owner_name=owner)
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """How many open items somebody has, and how many of them are over their date."""

    owner: str
    open: int
    late: int


def open_by_owner(principal: Principal, at: datetime, *, kind: str = "") -> list[OwnerCount]:
    """Count open items by owner, by name: a list of what is to do, no ranking. One statement."""
    rows = items_visible_to(principal).filter(over_at=None)
    if kind:
        rows = rows.filter(programme__kind=kind)
    found = (
        rows.values("owner_name")
        .annotate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
        .order_by("owner_name")
    )
    return [OwnerCount(row["owner_name"], row["open"], row["late"]) for row in found]


def with_progress(rows: QuerySet[Programme], at: datetime) -> QuerySet[Programme]:
    """Add `n_items`, `n_done` (leaves, cancelled ones left out) and `n_late` to programmes."""
    # A parent is what other items of the same programme name as theirs.
    leaf = Q(items__isnull=False) & ~Q(
        items__pk__in=Item.objects.exclude(parent=None).values("parent_id")
    )
    return rows.annotate(
        n_items=Count("items", filter=leaf & ~Q(items__state=ItemState.CANCELLED)),
        n_done=Count("items", filter=leaf & Q(items__state=ItemState.DONE)),
        n_late=Count("items", filter=leaf & Q(items__over_at=None, items__due_at__lt=at)),
    )

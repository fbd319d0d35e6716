"""Start a programme from a list of items, say something into its log, close it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from chengguan.accounts.domain.principal import Principal

from .. import errors
from ..enums import OVER, ItemState, ItemVerb, ProgrammeKind
from ..models import Item, Programme
from ..rules import Node, flaws
from ..signals import programme_closed
from .log import note, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to be made. `key`, `parent` and `requires` name items of the same list."""

    key: str
    title: str
    parent: str = ""
    requires: tuple[str, ...] = ()
    text: str = ""
    owner_id: int | None = None
    owner_name: str = ""
    unit_id: int | None = None
    wanted: str = ""
    gap: str = ""
    minutes: int | None = None
    due_at: datetime | None = None
    checklist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProgramme:
    """A programme to be started; `source` and `source_ref` say by value what began it."""

    kind: ProgrammeKind
    title: str
    text: str = ""
    series: str = ""
    drill: bool = False
    level: str = ""
    place: str = ""
    point: tuple[float, float] | None = None
    area_code: str = ""
    source: str = ""
    source_ref: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def start(
    principal: Principal, new: NewProgramme, items: Sequence[NewItem], at: datetime
) -> Programme:
    """Make the programme with all its items and start those that wait for nothing.

    Whoever starts it leads it. Rights are the pillar's to check. `items_opened` is sent with what
    starts, in the order of the list.

    Raises:
        Invalid: a key twice, an unknown parent or prerequisite, a ring (every flaw in `also`).
    """
    keys = {one.key: number for number, one in enumerate(items)}
    _check(items, keys)
    programme = Programme.objects.create(
        **{name: getattr(new, name) for name in NewProgramme.__slots__},
        organisation_id=principal.organisation_id,
        owner_id=principal.user_id,
        owner_name=principal.name,
        created_by=principal.user_id,
        started_at=at,
    )
    made = Item.objects.bulk_create(
        _item(programme, number, one, at) for number, one in enumerate(items)
    )
    for row, one in zip(made, items, strict=True):
        row.parent = made[keys[one.parent]] if one.parent else None
        row.requires = [made[keys[key]].pk for key in one.requires]
    Item.objects.bulk_update(made, ["parent", "requires"])
    note(programme, None, ItemVerb.START, principal, at)
    settle(programme, principal, at)
    return programme


@transaction.atomic
def say(principal: Principal, programme_id: int, words: str, at: datetime) -> None:
    """Write a line into the log; raises Invalid for an empty one, NotAllowed to outsiders."""
    programme = locked(programme_id)
    if not leads(principal, programme):
        raise errors.not_yours("在这项任务里记录")
    if not words.strip() or len(words) > 500:
        raise errors.wrong("note", "请写明记录的内容，不超过 500 字。", "例如：19:20 雨势减弱。")
    note(programme, None, ItemVerb.NOTE, principal, at, words.strip())


@transaction.atomic
def close(principal: Principal, programme_id: int, outcome: str, at: datetime) -> Programme:
    """End a programme; what is not done is cancelled, and stays visible as such.

    Raises:
        NotAllowed: somebody else's. Conflict: closed already.
    """
    programme = locked(programme_id)
    if not leads(principal, programme):
        raise errors.not_yours("结束这项任务")
    if programme.closed_at is not None:
        raise errors.overtaken("这项任务已经结束。", "请刷新页面。")
    programme.closed_at, programme.outcome = at, outcome.strip()
    programme.save(update_fields=["closed_at", "outcome"])
    still = programme.items.exclude(state__in=OVER)
    still.update(state=ItemState.CANCELLED, over_at=at)
    note(programme, None, ItemVerb.CLOSE, principal, at, outcome.strip())
    programme_closed.send(Programme, programme=programme, principal=principal, at=at)
    return programme


def locked(programme_id: int) -> Programme:
    """Give a programme, locked for the transaction: acts on its items follow one another."""
    found = Programme.objects.select_for_update().filter(pk=programme_id).first()
    if found is None:
        raise errors.no_programme()
    return found


def leads(principal: Principal, programme: Programme) -> bool:
    """Say whether one leads a programme: its owner, whoever made it, or the system."""
    if principal.is_system:
        return True
    return principal.user_id is not None and principal.user_id in (
        programme.owner_id,
        programme.created_by,
    )


def _check(items: Sequence[NewItem], keys: dict[str, int]) -> None:
    if len(keys) != len(items):
        raise errors.impossible(["任务编号有重复。"])
    unknown = len(items)
    nodes = [
        Node(
            number,
            keys.get(one.parent, unknown) if one.parent else None,
            frozenset(keys.get(key, unknown) for key in one.requires),
        )
        for number, one in enumerate(items)
    ]
    found = flaws(nodes)
    if found:
        raise errors.impossible([f"任务 {items[flaw.key].key}：{flaw.said}" for flaw in found])


def _item(programme: Programme, number: int, one: NewItem, at: datetime) -> Item:
    due = one.due_at or (at + timedelta(minutes=one.minutes) if one.minutes is not None else None)
    return Item(
        programme=programme,
        position=number,
        title=one.title[:120],
        text=one.text,
        owner_id=one.owner_id,
        owner_name=one.owner_name[:80],
        unit_id=one.unit_id,
        wanted=one.wanted[:120],
        gap=one.gap[:200],
        minutes=one.minutes,
        due_at=due,
        checklist=list(one.checklist),
    )

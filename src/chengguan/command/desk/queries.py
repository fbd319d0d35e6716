"""What waits at one desk: a page of rows by time left, the queues counted.

A page is two statements whatever its size: the items in the order of their deadlines by the index
that begins with the capability, and the rows of their cases.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.expressions import OrderBy

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.filters import CaseFilter
from chengguan.cases.joint import owed_by
from chengguan.cases.models import Case
from chengguan.cases.queries import CaseRow, rows_of
from chengguan.cases.screens import queues
from chengguan.core.errors import Invalid
from chengguan.workflow.domain import current
from chengguan.workflow.models import WorkItem

from .standing_in import left_behind

#: Queues beside one's own, which no state of a case has for a name: joint orders in which one's unit
#: assists, and cases of one's unit that lie with somebody who is away.
ASSIST: Final = "assist"
AWAY: Final = "away"
BESIDE: Final = {ASSIST: "协办", AWAY: "处置人离岗"}
SIZE: Final = 50
MAX_SIZE: Final = 500
_NEVER: Final = datetime.max.replace(tzinfo=UTC)

#: Where a row stands: its deadline (None: last) and its case.
Place = tuple[datetime | None, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some rows of the desk by time left, and the cursor for those after them (empty at the end)."""

    rows: tuple[CaseRow, ...]
    next_cursor: str
    at: datetime


def waiting(
    principal: Principal, wanted: CaseFilter, at: datetime, *, cursor: str = "", size: int = SIZE
) -> Waiting:
    """Give one page of what waits for a person, the least time left first; two statements.

    Raises:
        Invalid: the cursor is none of ours, or a filter can't be.
    """
    beside = _beside(principal, wanted, at)
    if beside is not None:
        ordered = beside.order_by(F("stage_due_at").asc(nulls_last=True), "pk")
        return Waiting(rows_of(list(ordered.values_list("pk", flat=True)[:MAX_SIZE]), at), "", at)
    size = max(1, min(size, MAX_SIZE))
    after = _decode(cursor) if cursor else None
    places = _places(principal, wanted, at, after, size + 1)
    kept = places[:size]
    following = _encode(kept[-1]) if len(places) > size else ""
    return Waiting(rows_of([key for _, key in kept], at), following, at)


def still_waiting(
    principal: Principal, wanted: CaseFilter, at: datetime, numbers: Sequence[str]
) -> tuple[CaseRow, ...]:
    """Give those of some cases that wait for the person under his filters; two statements."""
    beside = _beside(principal, wanted, at)
    if beside is not None:
        kept = beside.filter(number__in=numbers)
        return rows_of(list(kept.values_list("pk", flat=True)[:MAX_SIZE]), at)
    named = Case.objects.filter(number__in=numbers).values("pk")
    items = items_of(principal, wanted, at).filter(instance_id__in=named)
    return rows_of(list(items.values_list("instance_id", flat=True)[:MAX_SIZE]), at)


def counts(principal: Principal, wanted: CaseFilter, at: datetime) -> list[queues.Queue]:
    """Count the person's queues under his filters, the choice of queues aside; one statement.

    Who manages a unit has a queue of the cases it assists in, and where somebody is away one of
    those that lie with him, last; one statement more for each.
    """
    found = queues.queues_of(items_of(principal, wanted, at, states=False))
    if not any(held.by_unit for held in principal.holding(Capability.HANDLE_UNIT)):
        return found
    beside = {
        ASSIST: assisting(principal, wanted, at),
        AWAY: left_behind(principal, wanted, at),
    }
    for code, rows in beside.items():
        counted = _counted(rows, at)
        if counted["count"] or code in wanted.states:
            found.append(queues.Queue(code, BESIDE[code], "handle", **counted))
    return found


def waiting_states(principal: Principal) -> tuple[str, ...]:
    """Give the states in which a case may wait at this desk, in the order of the loop.

    Empty where it may wait in any: a unit's desk has queues that no state is the name of.
    """
    if any(held.by_unit for held in principal.holding(Capability.HANDLE_UNIT)):
        return ()
    found = current("case").states
    return tuple(
        name for name, one in found.items() if one.queue and principal.can(one.queue.capability)
    )


def _counted(rows: QuerySet[Case] | None, at: datetime) -> dict[str, Any]:
    late = Q(stage_due_at__lt=at)
    if rows is None:
        return {"count": 0, "late": 0, "next_due": None}
    return rows.aggregate(
        count=Count("pk"),
        late=Count("pk", filter=late),
        next_due=Min("stage_due_at", filter=~late),
    )


def _beside(principal: Principal, wanted: CaseFilter, at: datetime) -> QuerySet[Case] | None:
    """Give the rows of a queue beside one's own; None where one's own is asked for."""
    if ASSIST in wanted.states:
        return assisting(principal, wanted, at)
    if AWAY in wanted.states:
        found = left_behind(principal, wanted, at)
        return Case.objects.none() if found is None else found
    return None


def assisting(principal: Principal, wanted: CaseFilter, at: datetime) -> QuerySet[Case]:
    """Give the joint orders in which one's unit still has its part to do, under his filters."""
    return Case.objects.filter(owed_by(principal), _without_states(wanted).q(at))


def items_of(
    principal: Principal, wanted: CaseFilter, at: datetime, *, states: bool = True
) -> QuerySet[WorkItem]:
    """Give the open items that wait for the person and are asked for."""
    return queues.my_items(principal).filter(_asked(wanted, at, states=states))


def _asked(wanted: CaseFilter, at: datetime, *, states: bool = True) -> Q:
    """Say the filter on items: what an item knows itself is asked of it, the rest of its case."""
    asked = Q(state__in=wanted.states) if states and wanted.states else Q()
    rest = _without_states(wanted).q(at)
    if rest:
        asked &= Q(instance_id__in=Case.objects.filter(rest).values("pk"))
    return asked


def _without_states(wanted: CaseFilter) -> CaseFilter:
    return replace(wanted, states=())


def _places(
    principal: Principal, wanted: CaseFilter, at: datetime, after: Place | None, count: int
) -> list[Place]:
    asked = _asked(wanted, at)
    parts = [
        items.filter(asked, half).order_by(*order).values_list("due_at", "instance_id")[:count]
        for items in queues.my_branches(principal)
        for half, order in _halves(after)
    ]
    if not parts:
        return []
    whole = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True)
    # One item may be found by two posts' capabilities only if it has two; it has one.
    return sorted(set(whole), key=lambda place: (place[0] or _NEVER, place[1]))[:count]


def _halves(after: Place | None) -> list[tuple[Q, tuple[OrderBy, ...]]]:
    """Give what has a deadline and what has none, each behind the place a page ended at.

    Two halves, because an index range can't be "later, or the same and a higher id, or none".
    """
    timed, untimed = Q(due_at__isnull=False), Q(due_at__isnull=True)
    by_time = (F("due_at").asc(), F("instance_id").asc())
    by_id = (F("instance_id").asc(),)
    if after is None:
        return [(timed, by_time), (untimed, by_id)]
    due, key = after
    if due is None:
        return [(untimed & Q(instance_id__gt=key), by_id)]
    later = Q(due_at__gte=due) & (Q(due_at__gt=due) | Q(instance_id__gt=key))
    return [(later, by_time), (untimed, by_id)]


def _encode(last: Place) -> str:
    due, key = last
    plain = orjson.dumps([None if due is None else due.isoformat(), key])
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _decode(cursor: str) -> Place:
    wrong = Invalid("desk.cursor", "翻页位置无效。", mend="请回到第一页。", field="cursor")
    try:
        due, key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = None if due is None else datetime.fromisoformat(due)
    except (ValueError, TypeError, binascii.Error):
        raise wrong from None
    if isinstance(key, bool) or not isinstance(key, int) or (at is not None and at.tzinfo is None):
        raise wrong
    return at, key

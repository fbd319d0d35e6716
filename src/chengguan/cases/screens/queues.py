"""What waits for a person: his queues by state with time left, and the cases themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.workflow.domain import current
from chengguan.workflow.domain.shape import Compiled
from chengguan.workflow.models import WorkItem

from ..models import Case
from ..queries import cases_visible_to

#: Asks nothing of a case.
EVERY: Final = Q()


@dataclass(frozen=True)
class Queue:
    """How many cases stand in a state, how many of them late, and the next deadline."""

    state: str
    title: str
    stage: str
    count: int
    late: int
    next_due: datetime | None


def my_items(principal: Principal) -> QuerySet[WorkItem]:
    """Return the open work items that wait for this person: his posts, his scope, or he himself."""
    wanted = Q(pk__in=[])
    for branch in _wanted(principal):
        wanted |= branch
    return _open_items(principal, wanted)


def my_branches(principal: Principal) -> list[QuerySet[WorkItem]]:
    """Return `my_items` capability by capability: the index of items begins with it, and each part
    can be read in the order of its deadlines where all together would have to be sorted."""
    return [_open_items(principal, branch) for branch in _wanted(principal)]


def _wanted(principal: Principal) -> list[Q]:
    definition = current("case")
    capabilities = {one.queue.capability for one in definition.states.values() if one.queue}
    found = []
    for capability in sorted(capabilities):
        if principal.can(capability):
            scope = scope_q(
                principal,
                capability,
                organisation_path="organisation_path",
                matter="matter_code",
                people=(),
            )
            found.append(Q(capability=capability) & scope)
    return found


def _open_items(principal: Principal, wanted: Q) -> QuerySet[WorkItem]:
    mine = Q(user_id__isnull=True) | Q(user_id=principal.user_id)
    return WorkItem.objects.filter(wanted, mine, procedure="case", closed_at__isnull=True)


def my_queues(principal: Principal) -> list[Queue]:
    """Return the person's queues in the order of the loop; one statement."""
    return queues_of(my_items(principal))


def queues_of(items: QuerySet[WorkItem]) -> list[Queue]:
    """Return some work items counted by state, in the order of the loop; one statement."""
    now = timezone.now()
    rows = (
        items.order_by()
        .values("state")
        .annotate(
            count=Count("id"),
            late=Count("id", filter=Q(due_at__lt=now)),
            next_due=Min("due_at", filter=Q(due_at__gte=now)),
        )
    )
    return _in_order(current("case"), [dict(row) for row in rows])


def my_case_ids(principal: Principal, wanted: Q, size: int) -> list[int]:
    """Return the ids of the cases that wait for this person, the most urgent first; one statement.

    In the order of the items, which have the deadlines of their cases: an index gives the first
    ones, where thousands would be looked up and sorted for the cases' own (38 ms and 0.5).
    """
    items = my_items(principal)
    if wanted:
        items = items.filter(instance_id__in=Case.objects.filter(wanted).values("pk"))
    ordered = items.order_by(F("due_at").asc(nulls_last=True), "instance_id")
    return list(ordered.values_list("instance_id", flat=True)[:size])


def open_by_state(principal: Principal) -> list[Queue]:
    """Return the open cases the person may see, by state; one statement."""
    now = timezone.now()
    rows = (
        cases_visible_to(principal)
        .filter(closed_at__isnull=True)
        .order_by()
        .values("state")
        .annotate(
            count=Count("id"),
            late=Count("id", filter=Q(stage_due_at__lt=now)),
            next_due=Min("stage_due_at", filter=Q(stage_due_at__gte=now)),
        )
    )
    return _in_order(current("case"), [dict(row) for row in rows])


def _in_order(definition: Compiled, rows: list[dict[str, Any]]) -> list[Queue]:
    order = {name: position for position, name in enumerate(definition.states)}
    found = []
    for row in sorted(rows, key=lambda row: order.get(row["state"], 99)):
        spec = definition.states.get(row["state"])
        title, stage = (spec.title, spec.stage) if spec else (row["state"], "")
        found.append(Queue(row["state"], title, stage, row["count"], row["late"], row["next_due"]))
    return found

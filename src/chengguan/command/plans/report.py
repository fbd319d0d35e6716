"""What a run of a plan came to: each task's times against the plan, and a drill's score.

The score is of the plan and how it was carried out as a whole, never of a person: 30 points for tasks
accepted within five minutes, 50 for tasks done within the plan's time, 20 for tasks that had an owner
when they began. A real run has no score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chengguan.programmes.enums import ItemState
from chengguan.programmes.models import Item, Programme
from chengguan.programmes.queries import tree

ACCEPT_SECONDS: Final = 300
WEIGHTS: Final = {"accepted": 30, "done": 50, "owned": 20}


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """One task: seconds from when it began to acceptance and arrival, from the plan's start to done."""

    item: Item
    planned: int | None
    accepted: float | None
    arrived: float | None
    done: float | None
    in_time: bool
    quick: bool
    owned: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A run as a whole; `score` (0–100) is None for a real one."""

    tasks: list[TaskTimes]
    done: int
    in_time: int
    quick: int
    owned: int
    score: int | None

    @property
    def total(self) -> int:
        return len(self.tasks)


def report_of(programme: Programme, refused: Sequence[int] = ()) -> Report:
    """Fold a run's items: two statements. `refused` are items whose first owner would not."""
    shape = tree(programme)
    leaves = set(shape.leaves())
    items = [one for one in programme.items.order_by("position", "pk") if one.pk in leaves]
    tasks = [_times(programme, item, item.pk not in refused) for item in items]
    done = sum(task.done is not None for task in tasks)
    in_time = sum(task.in_time for task in tasks)
    quick = sum(task.quick for task in tasks)
    owned = sum(task.owned for task in tasks)
    score = score_of(len(tasks), quick, in_time, owned) if programme.drill else None
    return Report(tasks, done, in_time, quick, owned, score)


def score_of(total: int, quick: int, in_time: int, owned: int) -> int:
    """Give a drill's score 0–100 from counts of its tasks."""
    if not total:
        return 0
    parts = (
        (WEIGHTS["accepted"], quick),
        (WEIGHTS["done"], in_time),
        (WEIGHTS["owned"], owned),
    )
    return round(sum(weight * count for weight, count in parts) / total)


def _times(programme: Programme, item: Item, kept: bool) -> TaskTimes:
    finished = item.over_at if item.state == ItemState.DONE else None
    accepted = _seconds(item.opened_at, item.accepted_at)
    return TaskTimes(
        item=item,
        planned=item.minutes * 60 if item.minutes is not None else None,
        accepted=accepted,
        arrived=_seconds(item.opened_at, item.arrived_at),
        done=_seconds(programme.started_at, finished),
        in_time=finished is not None and (item.due_at is None or finished <= item.due_at),
        quick=accepted is not None and accepted <= ACCEPT_SECONDS,
        owned=kept and not item.gap and bool(item.owner_name),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None

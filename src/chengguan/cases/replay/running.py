"""Drive recorded requests through the two doors, in batches, at their recorded times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from time import perf_counter
from typing import Any, Final

from django.db import connections

from chengguan.cases.domain.intake import NewReport, Refused, Then, take_in_many
from chengguan.store import ids

from .mapping import ReplayMapping
from .reading import Recorded
from .town import SYSTEM, Town

CLIENT: Final = "replay"
BATCH: Final = 1_000
#: A case can't go on without a limit: a request that was given none gets ten years.
NO_LIMIT: Final = "3650自然日"
_REASON: Final = "历史记录"

Progress = Callable[[str], None]


@dataclass
class Outcome:
    """What became of the rows: how many were taken, closed, refused (with the first reasons)."""

    cases: int = 0
    events: int = 0
    closed: int = 0
    seconds: float = 0.0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Add what became of other rows."""
        self.cases += other.cases
        self.events += other.events
        self.closed += other.closed
        self.refused += other.refused

    @property
    def rate(self) -> float:
        """Cases a second."""
        return self.cases / self.seconds if self.seconds else 0.0


def run(
    rows: Sequence[Recorded],
    mapping: ReplayMapping,
    town: Town,
    progress: Progress,
    *,
    workers: int = 1,
) -> Outcome:
    """Take every row in and lead it as far as the record goes.

    Requests know nothing of each other, so `workers` processes take batches of them side by side:
    one works its steps out while the database writes another's.
    """
    outcome = Outcome()
    begun = perf_counter()
    job = _Job(rows, mapping, town)
    done = 0
    for size, taken in _taken(job, workers):
        done += size
        outcome.add(taken)
        outcome.seconds = perf_counter() - begun
        left = (len(rows) - done) / max(1.0, done / outcome.seconds)
        progress(f"{done}/{len(rows)}，每秒 {done / outcome.seconds:.0f} 件，约余 {left:.0f} 秒")
    outcome.refused.sort()
    return outcome


@dataclass(frozen=True)
class _Job:
    rows: Sequence[Recorded]
    mapping: ReplayMapping
    town: Town

    def take(self, first: int) -> tuple[int, Outcome]:
        """Take one batch in; give its size and outcome."""
        batch = self.rows[first : first + BATCH]
        taken = Outcome()
        news = [_report(row, self.mapping, self.town) for row in batch]
        for row, new, answer in zip(batch, news, take_in_many(news, SYSTEM), strict=True):
            if isinstance(answer, Refused):
                taken.refused.append((row.row, str(answer.error)))
                continue
            taken.cases += 1
            taken.events += 1 + len(new.then)
            taken.closed += row.closed is not None
        return len(batch), taken


def _taken(job: _Job, workers: int) -> Iterator[tuple[int, Outcome]]:
    firsts = range(0, len(job.rows), BATCH)
    if workers == 1 or len(firsts) == 1:
        yield from map(job.take, firsts)
        return
    # Children are copies of this process: its rows, its caches, its choice of database. No
    # connection is shared: each opens its own.
    connections.close_all()
    context = get_context("fork")
    with ProcessPoolExecutor(workers, context, _begin_worker, (job,)) as pool:
        yield from pool.map(_take, firsts)


def _begin_worker(job: _Job) -> None:
    global _own_job  # noqa: PLW0603 (one job is all a worker ever has)
    _own_job = job
    ids.renew()


def _take(first: int) -> tuple[int, Outcome]:
    assert _own_job is not None
    return _own_job.take(first)


_own_job: _Job | None = None


def _report(row: Recorded, mapping: ReplayMapping, town: Town) -> NewReport:
    code = town.matters[row.matter]
    point = row.point or (None, None)
    return NewReport(
        source=mapping.sources.get(row.source, "external"),
        client=CLIENT,
        key=row.key,
        source_ref=row.key,
        at=row.opened,
        text=row.text or row.matter,
        address=row.address,
        lon=point[0],
        lat=point[1],
        area_code="" if row.point else f"{town.home}001",
        kind="matter",
        matter_code=code,
        then=_steps(row, mapping, town),
    )


def _steps(row: Recorded, mapping: ReplayMapping, town: Town) -> list[Then]:
    unit, handler = town.units[row.unit]
    steps = [
        Then("file", _filing(row, mapping, town)),
        Then("dispatch", {"unit": unit, "override": _REASON}),
    ]
    if row.closed is None:
        return steps
    at = max(row.closed, row.opened, key=datetime.timestamp)
    return [
        *steps,
        _then(at, "assign", handler=handler),
        _then(at, "submit_by_unit", note=_REASON),
        _then(at, "confirm_handled"),
        _then(at, "forward"),
        _then(at, "close", confirmed=True),
    ]


def _filing(row: Recorded, mapping: ReplayMapping, town: Town) -> dict[str, Any]:
    data: dict[str, Any] = {"unverified": _REASON}
    if mapping.due == "limits" and row.matter in town.rules:
        return data | {"rule": town.rules[row.matter]}
    if mapping.due == "recorded" and row.due is not None:
        # By instants: two times of one zone would subtract as wall clocks, an hour off in autumn.
        seconds = max(0, int(row.due.timestamp() - row.opened.timestamp()))
        return data | {"limit": f"{seconds}秒"}
    return data | {"limit": NO_LIMIT}


def _then(at: datetime, verb: str, **data: Any) -> Then:
    return Then(verb, data, at=at)

"""Lives both plans under every seed, in processes of their own, and hands back each pair as it is done.

Common random numbers: streams of chance are seeded by seed and name, each problem has its own, so
both plans of a seed face the same sky and the same fresh problems; a digest of them is compared.
Nothing here knows Django, so that a process starts in a moment.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from time import process_time
from typing import Any, Final

from chengguan.core.calendar import Calendar

from ..model.paper import Paper
from ..model.scenario import Scenario
from ..model.world import World
from .measures import by_hour, measured
from .tally import Tally

#: Runs that wait in the pool beside those that run: enough that no process idles.
_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Lived:
    """One plan under one seed: its figures, busy people by hour, and the digest of nature."""

    figures: dict[str, float | None]
    hours: dict[str, list[float]]
    nature: str
    reports: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Both plans under one seed."""

    seed: int
    base: Lived
    other: Lived


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be lived: two plans, the days, and the city's working calendar."""

    base: Scenario
    other: Scenario
    days: int
    calendar: Calendar


def lived(scenario: Scenario, seed: int, days: int, calendar: Calendar) -> Lived:
    """Live one plan under one seed on paper."""
    begun = process_time()
    paper, tally = Paper(scenario, calendar), Tally()
    world = World(scenario, seed, days, paper, tally)
    world.run()
    figures = measured(
        scenario,
        days,
        list(tally.problems.values()),
        list(paper.cases.values()),
        tally.sources.values(),
        world.load,
    )
    hours = by_hour(days, world.load)
    return Lived(figures, hours, tally.nature, len(paper.cases), process_time() - begun)


def pairs(question: Question, seeds: Sequence[int], workers: int) -> Iterator[Pair]:
    """Give the pair of every seed as soon as it is done; whoever stops asking stops the rest.

    `workers` 0 lives everything in this process.

    Raises:
        RuntimeError: the plans of a seed did not face the same nature: a fault of the model.
    """
    if workers == 0:
        for seed in seeds:
            yield _paired(seed, *(_one(question, seed, side) for side in (0, 1)))
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(question,))
    try:
        yield from _gathered(pool, seeds, workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _gathered(pool: ProcessPoolExecutor, seeds: Sequence[int], workers: int) -> Iterator[Pair]:
    asked = iter([(seed, side) for seed in seeds for side in (0, 1)])
    running: dict[Future[Lived], tuple[int, int]] = {}
    halves: dict[int, dict[int, Lived]] = {}
    while True:
        while len(running) < workers + _AHEAD and (task := next(asked, None)) is not None:
            running[pool.submit(_in_child, *task)] = task
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            seed, side = running.pop(future)
            both = halves.setdefault(seed, {})
            both[side] = future.result()
            if len(both) == 2:
                del halves[seed]
                yield _paired(seed, both[0], both[1])


def _paired(seed: int, base: Lived, other: Lived) -> Pair:
    if base.nature != other.nature:
        raise RuntimeError(f"seed {seed}: the plans did not face the same nature")
    return Pair(seed, base, other)


def _one(question: Question, seed: int, side: int) -> Lived:
    plan = (question.base, question.other)[side]
    return lived(plan, seed, question.days, question.calendar)


_question: Question | None = None


def _begin(question: Any) -> None:
    """Set up a child: it knows the question, gives way to the platform, and dies with its parent."""
    global _question  # noqa: PLW0603 - a child has one question for all its life
    _question = question
    os.nice(5)
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_die_with, args=(parent,), daemon=True)
        watch.start()


def _die_with(parent: Any) -> None:
    # A parent killed outright closes nothing: its children would wait for work for ever.
    parent.join()
    os._exit(1)


def _in_child(seed: int, side: int) -> Lived:
    assert _question is not None
    return _one(_question, seed, side)

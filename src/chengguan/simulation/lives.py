"""The lives of a city's districts: in this process one after the other, day by day, or in several.

Districts share nothing but the platform, so that their number of processes changes nothing in the
truth: two are about twice as quick, because the rules are Python and each process has a core.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Final

from django.db import DatabaseError, connections

from chengguan.core.errors import Conflict, DomainError
from chengguan.store import ids

from .driving import Driven, Driver
from .journal import Journal
from .model.districts import District
from .model.truth import TruthLog
from .model.world import World
from .remembering import Alone, Remembering
from .town import Cast

#: How often a process says where it stands (seconds).
_TELLS: Final = 1.0
#: Objects made between two collections, and how many of one generation to one of the next.
_COLLECTS: Final = (100_000, 20, 100)


@dataclass(frozen=True, slots=True)
class Life:
    """What a district is to live: who acts in it, how long, and where its truth is written."""

    district: District
    cast: Cast
    days: int
    seed: int
    client: str
    truth: Path


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a district stands: second of its run, what was driven; `remembers` while it is only
    catching up with what it did before it was interrupted.
    """

    mark: str
    now: int
    cases: int
    steps: int
    remembers: bool


@dataclass(frozen=True, slots=True)
class Lived:
    """A district's finished life; `digest` and `lines` are of its own truth log."""

    mark: str
    driven: Driven
    digest: str
    lines: int


Told = Callable[[Standing], None]


def live_all(
    lives: Sequence[Life], workers: int, told: Told, pause: Callable[[], None] = lambda: None
) -> list[Lived]:
    """Live all districts in `workers` processes (1: in this one); gives them in their order.

    `pause` is called each second while processes work.

    Raises:
        Conflict: a process ended before its time, or the database did; nothing is lost by that.
        DomainError: what a district's platform or journal raised.
    """
    if workers == 1 or len(lives) == 1:
        return _live(lives, _seldom(told))
    # Children are copies of this process: its city, its caches, its choice of database. No
    # connection is shared: each opens its own.
    connections.close_all()
    context = get_context("fork")
    groups = [lives[first::workers] for first in range(min(workers, len(lives)))]
    working: dict[Connection, BaseProcess] = {}
    try:
        for group in groups:
            ours, theirs = context.Pipe(duplex=False)
            process: BaseProcess = context.Process(target=_work, args=(group, theirs, os.getpid()))
            process.start()
            theirs.close()
            working[ours] = process
        found = dict(_gathered(working, told, pause))
    finally:
        for process in working.values():
            process.terminate()
            process.join()
    return [found[one.district.mark] for one in lives]


def _gathered(
    working: dict[Connection, BaseProcess], told: Told, pause: Callable[[], None]
) -> Iterator[tuple[str, Lived]]:
    """Hear all processes until each has said that it is done."""
    open_ends = set(working)
    while open_ends:
        for end in wait(list(open_ends), _TELLS):
            assert isinstance(end, Connection)
            try:
                said = end.recv()
            except EOFError:
                raise _ended_early(working[end]) from None
            if isinstance(said, Standing):
                told(said)
            elif isinstance(said, DomainError):
                raise said
            else:
                open_ends.discard(end)
                yield from ((one.mark, one) for one in said)
        pause()


def _ended_early(process: BaseProcess) -> Conflict:
    process.join()
    return Conflict(
        "simulation.ended",
        f"进程 {process.pid} 提前结束（{process.exitcode}）。",
        mend="已完成的部分都在数据库中；再次执行同一命令即从那里继续。",
    )


def _work(lives: Sequence[Life], end: Connection, parent: int) -> None:
    """Live some districts in a child; orphans end at their next look."""
    # The parent is asked to stop, and stops its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    ids.renew()

    send = _seldom(end.send)

    def told(standing: Standing) -> None:
        if os.getppid() != parent:
            os._exit(1)
        send(standing)

    try:
        end.send(_live(lives, told))
    except DomainError as error:
        # Not every error's own class can be sent.
        end.send(Conflict(error.code, error.message, mend=error.mend))


def _seldom(told: Told) -> Told:
    """Tell of each district no oftener than anybody reads."""
    last: dict[str, float] = {}

    def tell(standing: Standing) -> None:
        if monotonic() - last.get(standing.mark, 0.0) >= _TELLS:
            last[standing.mark] = monotonic()
            told(standing)

    return tell


def _live(lives: Sequence[Life], told: Told) -> list[Lived]:
    """Live districts in this process, each day in all of them before the next one begins."""
    try:
        with _collecting_seldom(), ExitStack() as stack:
            begun = [_Begun(one, told, stack) for one in lives]
            for day in range(1, lives[0].days + 1):
                for one in begun:
                    one.world.live_until(day)
            return [one.finish() for one in begun]
    except DomainError as error:
        # SimPy raises a copy that lacks the mend; the error itself is its cause.
        raise error.__cause__ if isinstance(error.__cause__, DomainError) else error from None
    except DatabaseError as error:
        raise Conflict(
            "simulation.database",
            f"数据库中断：{error}",
            mend="已完成的部分都在数据库中；数据库恢复后，再次执行同一命令即从那里继续。",
        ) from error


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let the cycle collector look at a world's hundred thousands of objects less often.

    Measured: a third of the model's time.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Begun:
    """A district that lives in this process."""

    def __init__(self, life: Life, told: Told, stack: ExitStack) -> None:
        district, self.mark, self._told = life.district, life.district.mark, told
        self._alone = Alone(life.client, self.mark)
        self._alone.take()
        self.truth = stack.enter_context(closing(TruthLog(life.truth, self.mark)))
        self.platform = Remembering(
            Driver(life.cast, district.scenario.city, life.client, self.mark),
            Journal(life.client, self.mark),
            self.truth,
            self._stands,
        )
        self.world = World(
            district.scenario,
            life.seed,
            life.days,
            self.platform,
            self.truth,
            district.ground,
            mark=self.mark,
        )

    def finish(self) -> Lived:
        self.world.finish()
        self.truth.close()
        self._alone.leave()
        return Lived(self.mark, self.platform.driven, self.truth.digest, self.truth.count)

    def _stands(self, now: int) -> None:
        driven, remembers = self.platform.driven, self.platform.remembers
        self._told(Standing(self.mark, now, driven.cases, driven.steps, remembers))

"""The process in which all people of the load live.

It reads `orders`, signs everybody in, writes `signed`, waits for `go`, and ends after its time or by
SIGTERM with `driven`. It imports nothing of Django.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import resource
import signal
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time, time
from typing import Any, Final

from .desk import Desk
from .field import Field
from .ledger import Ledger
from .roster import Orders
from .signing import cookies_of, sign_in
from .somebody import Office, Somebody
from .tally import Tally

_AT_ONCE: Final = 8
_TICK: Final = 0.05
_GRACE: Final = 20.0


@dataclass
class Driven:
    """What the process says at its end. `lag` are seconds by which its loop woke up too late."""

    tally: Tally
    begun_at: float
    seconds: float
    cpu: float
    lag: list[float] = field(default_factory=list)
    stale: int = 0
    signed_in: int = 0
    sign_in_seconds: float = 0.0
    writes: dict[str, int] = field(default_factory=dict)
    memory_mb: float = 0.0

    @property
    def cpu_share(self) -> float:
        """The process's share of one core while people worked."""
        return self.cpu / max(0.001, self.seconds)


async def drive(folder: Path) -> Driven:
    """Live the load of the orders in a folder."""
    orders: Orders = pickle.loads((folder / "orders").read_bytes())
    ledger = Ledger(folder / "ledger.jsonl")
    office = Office(orders, Tally(), ledger)
    people = [Somebody(person, office) for person in orders.people]
    for one in people:
        if one.role.name == "collector":
            office.tasks[one.person.user_id] = deque()
        elif one.role.name == "handler":
            office.handlers.add(one.person.user_id)
    signed = await _sign_in(people)
    sign_in_seconds = office.now()
    put(folder / "signed", cookies_of(people))
    await _until_there(folder / "go")
    office.begun, begun_at, cpu = perf_counter(), time(), process_time()
    office.tally.since = orders.plan.warm_seconds
    lag: list[float] = []
    await _live(people, orders.seconds, lag)
    seconds = office.now()
    ledger.close()
    return Driven(
        office.tally, begun_at, seconds, process_time() - cpu, lag,
        sum(one.caller.stale for one in people), signed, sign_in_seconds, dict(ledger.counts),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )  # fmt: skip


async def _sign_in(people: list[Somebody]) -> int:
    """Sign in those who work at pages, eight at a time; gives how many can work."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(somebody: Somebody) -> bool:
        if somebody.role.side != "pages":
            return True
        async with gate:
            return await sign_in(somebody)

    return sum(await asyncio.gather(*(one(somebody) for somebody in people)))


async def _live(people: list[Somebody], seconds: float, lag: list[float]) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    ticking = asyncio.create_task(_tick(lag, stopping))
    living = [
        asyncio.create_task(one.live((Desk if one.role.side == "pages" else Field)(one).act))
        for one in people
    ]
    broken: asyncio.Future[Any] = asyncio.gather(*living)
    ended: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
    done, _ = await asyncio.wait(
        [ended, broken], timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED
    )
    if broken in done:
        # A fault of ours in one person's life must not pass for a quiet load.
        broken.result()
    ended.cancel()
    ticking.cancel()
    people[0].office.closing = True
    for somebody, life in zip(people, living, strict=True):
        if not somebody.asking:
            life.cancel()
    await asyncio.wait(living, timeout=_GRACE)
    broken.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await broken
    for somebody in people:
        somebody.caller.close()


async def _tick(lag: list[float], stopping: asyncio.Event) -> None:
    """Measure how late the loop wakes up: what the client itself adds to every wait."""
    while not stopping.is_set():
        asked = perf_counter()
        await asyncio.sleep(_TICK)
        lag.append(perf_counter() - asked - _TICK)


async def _until_there(place: Path) -> None:
    while not place.exists():
        await asyncio.sleep(0.02)


def put(place: Path, value: object) -> None:
    """Write a value so that whoever waits for the file finds it whole."""
    draft = place.with_name(place.name + ".new")
    draft.write_bytes(pickle.dumps(value))
    draft.rename(place)

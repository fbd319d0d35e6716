"""The process in which all listeners of the load wait.

Each keeps one live stream open, as the page or the app of a person does, and notes for every line how
long after the write it came. The write's instant is the message's own `at` (the database's clock as
the writing transaction began, so before its commit); the arrival is this machine's clock as the line
is read here. Both are one clock where the database runs on this machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import random
import resource
import signal
from array import array
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time, time
from typing import Final

import orjson

from .driving import put
from .roster import Orders, Person
from .wire import Caller, chunks, read_head

_AT_ONCE: Final = 20
_PAUSES: Final = (2.0, 5.0)
_TICK: Final = 0.05


@dataclass
class Heard:
    """What listeners noted.

    `delays`: seconds from a write to its line, one for each line; `arrived`: instants of the same.
    `news`: (number, seq) → instants (since 1970) of the first and last line, and how many lines.
    """

    delays: array[float] = field(default_factory=lambda: array("d"))
    arrived: array[float] = field(default_factory=lambda: array("d"))
    news: dict[tuple[str, int], tuple[float, float, int]] = field(default_factory=dict)
    listeners: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    reconnects: int = 0
    reloads: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    lag: list[float] = field(default_factory=list)
    memory_mb: float = 0.0

    @property
    def cpu_share(self) -> float:
        """The process's share of one core while it listened."""
        return self.cpu / max(0.001, self.seconds)


class Listener:
    """One open stream."""

    def __init__(
        self, person: Person, cookies: dict[str, str], orders: Orders, heard: Heard
    ) -> None:
        self.caller = Caller(orders.host, orders.port + 1, person.address, person.token, cookies)
        self.heard = heard
        self.last = ""
        self.opened = asyncio.Event()

    async def listen(self) -> None:
        """Keep the stream open until cancelled; lost, it comes back as a browser does."""
        while True:
            try:
                await self._once()
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self._count(type(error).__name__)
            self.heard.reconnects += 1
            # As the stream itself asks browsers to (`retry`): not all at once.
            await asyncio.sleep(random.uniform(*_PAUSES))

    async def _once(self) -> None:
        reader, writer = await self.caller.open(
            "/stream/", {"Last-Event-ID": self.last} if self.last else {}
        )
        try:
            status, _ = await read_head(reader)
            if status != 200:
                self._count(str(status))
                return
            self.opened.set()
            waiting = b""
            async for piece in chunks(reader):
                now = time()
                *whole, waiting = (waiting + piece).split(b"\n\n")
                for event in whole:
                    self._take(event, now)
        finally:
            writer.close()

    def _take(self, event: bytes, now: float) -> None:
        name = data = b""
        for line in event.split(b"\n"):
            if line.startswith(b"id: "):
                self.last = line[4:].decode()
            elif line.startswith(b"event: "):
                name = line[7:]
            elif line.startswith(b"data: "):
                data = line[6:]
        if name == b"reload":
            self.heard.reloads += 1
        if not name.startswith(b"case."):
            return
        said = orjson.loads(data)
        heard = self.heard
        heard.delays.append(now - datetime.fromisoformat(said["at"]).timestamp())
        heard.arrived.append(now)
        payload = said.get("payload", {})
        key = (payload.get("number", ""), int(payload.get("seq", 0)))
        first, _, lines = heard.news.get(key, (now, now, 0))
        heard.news[key] = (first, now, lines + 1)

    def _count(self, why: str) -> None:
        self.heard.refused[why] = self.heard.refused.get(why, 0) + 1


async def hear(folder: Path) -> Heard:
    """Listen in the name of the first people of the orders, pages before tokens, until told to stop."""
    orders: Orders = pickle.loads((folder / "orders").read_bytes())
    cookies: dict[int, dict[str, str]] = pickle.loads((folder / "signed").read_bytes())
    able = [one for one in orders.people if one.token or one.number in cookies]
    # Residents have no post that anything on the stream could concern.
    able = [one for one in able if one.role != "citizen"]
    chosen = sorted(able, key=lambda one: (bool(one.token), one.number))[: orders.plan.listeners]
    heard = Heard()
    listeners = [Listener(one, cookies.get(one.number, {}), orders, heard) for one in chosen]
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    listening = []
    for first in range(0, len(listeners), _AT_ONCE):
        some = listeners[first : first + _AT_ONCE]
        listening += [asyncio.create_task(one.listen()) for one in some]
        await asyncio.wait([asyncio.create_task(one.opened.wait()) for one in some], timeout=10)
    heard.listeners = sum(one.opened.is_set() for one in listeners)
    put(folder / "listening", heard.listeners)
    begun, cpu = perf_counter(), process_time()
    while not stopping.is_set():
        asked = perf_counter()
        await asyncio.sleep(_TICK)
        heard.lag.append(perf_counter() - asked - _TICK)
    heard.cpu, heard.seconds = process_time() - cpu, perf_counter() - begun
    heard.memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for task in listening:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*listening, return_exceptions=True)
    return heard

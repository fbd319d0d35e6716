"""One person listening to the live stream, as a browser does: back with the last id it has seen."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field

from .line import FAILURES

_RETRY_SECONDS = 0.5


@dataclass
class Listener:
    """Hears `topics`; `heard` counts messages by id, `subjects` the cases by topic and id.

    `reloads` is how often it was told to read everything anew; `arrivals` when something came
    (monotonic seconds); `cuts` when the line broke.
    """

    port: int
    token: str
    topics: str = "case"
    heard: Counter[str] = field(default_factory=Counter)
    subjects: set[tuple[str, int]] = field(default_factory=set)
    reloads: int = 0
    arrivals: list[float] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    last_id: str = ""

    async def hear(self) -> None:
        """Listen until cancelled."""
        while True:
            with contextlib.suppress(*FAILURES):
                await self._listen()
            self.cuts.append(time.monotonic())
            await asyncio.sleep(_RETRY_SECONDS)

    def silence(self, since: float, until: float) -> float:
        """Give the longest time without a message between two moments, in seconds."""
        inside = [since, *(at for at in self.arrivals if since < at < until), until]
        return max(after - before for before, after in itertools.pairwise(inside))

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            lines = [
                f"GET /stream/?topics={self.topics} HTTP/1.1",
                "Host: 127.0.0.1",
                f"Authorization: Bearer {self.token}",
                "Accept: text/event-stream",
            ]
            if self.last_id:
                lines.append(f"Last-Event-ID: {self.last_id}")
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                return
            async for block in _blocks(reader):
                self._take(block)
        finally:
            writer.close()

    def _take(self, block: str) -> None:
        found = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if found.get("event") == "reload":
            self.reloads += 1
            return
        key = found.get("id", "").strip()
        if key:
            self.last_id = key
        if "data" not in found:
            return
        self.arrivals.append(time.monotonic())
        self.heard[key] += 1
        body = json.loads(found["data"])
        if "subject" in body:
            self.subjects.add((body["topic"], int(body["subject"])))


async def _blocks(reader: asyncio.StreamReader):  # type: ignore[no-untyped-def]
    """Give each event as text; the stream comes in HTTP chunks, whose sizes are left out."""
    waiting = ""
    while True:
        size = int((await reader.readline()).strip() or b"0", 16)
        if size == 0:
            return
        waiting += (await reader.readexactly(size + 2))[:-2].decode()
        *whole, waiting = waiting.split("\n\n")
        for block in whole:
            yield block

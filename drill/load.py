"""The witnesses: people with think time who report, handle, look and upload beside the mixed load.

Unlike the mixed load they know exactly what they were told, note how each request fared and when,
and can all come to rest, so that nothing is on its way while it is counted. Every write has a key of its own and is sent until it is answered; an answer goes into the ledger.
A case is led along its way by one person at a time, so that each of its verbs is sent under one
key. Everything random comes from the seed of the bench's city.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import random
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image

from bench import loads
from bench.world import EAST, NORTH, SEED, SOUTH, WEST, World

from .ledger import Ack, Ledger
from .line import FAILURES, Answer, Line
from .listener import Listener

#: What a person does next, with its weight.
_MIX: Final = (("report", 30), ("verb", 42), ("look", 22), ("upload", 6))
_AGAIN_SECONDS: Final = 0.3
#: Statuses by which the platform says: not now, send it again under the same key.
_LATER: Final = frozenset({0, 429, 502, 503, 504, 507})


@dataclass
class _Walk:
    """A case on its way: which step of `loads.way` comes next."""

    number: str
    position: int
    step: int = 0


@dataclass
class Load:
    """People at work against one address, in a thread with an event loop of its own."""

    world: World
    port: int
    people: int = 50
    think: float = 1.0
    ledger: Ledger = field(default_factory=Ledger)
    listeners: list[Listener] = field(default_factory=list)
    stream_port: int = 0
    _lines: list[Line] = field(default_factory=list)
    _walks: deque[_Walk] = field(default_factory=deque)
    _numbers: deque[str] = field(default_factory=lambda: deque(maxlen=500))
    _counter: int = 0
    _busy: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin; everybody waits for `resume()`."""
        self._chance = random.Random(f"{SEED}drill")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def resume(self) -> None:
        """Let people work."""
        self._loop.call_soon_threadsafe(self._working.set)

    def pause(self, seconds: float = 90) -> bool:
        """Let everybody finish what is begun, sent again as often as it takes; false: some can't."""
        self._loop.call_soon_threadsafe(self._working.clear)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._busy == 0 and not self._working.is_set():
                return True
            time.sleep(0.05)
        return False

    def move(self, port: int) -> None:
        """Let everybody connect to another port from the next request on."""

        def moved() -> None:
            for line in self._lines:
                line.port = port
                line.moved = True

        self._loop.call_soon_threadsafe(moved)

    def stop(self) -> None:
        """End the thread and all connections."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(timeout=20)

    def run(self, work: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        """Do something in the load's event loop and give what it gives."""

        async def wrapped() -> Any:
            return await work()

        return asyncio.run_coroutine_threadsafe(wrapped(), self._loop).result(seconds)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._working, self._over = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(self._person(number)) for number in range(self.people)]
        tasks += [asyncio.create_task(one.hear()) for one in self.listeners]
        self._ready.set()
        await self._over.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _person(self, number: int) -> None:
        line = Line("127.0.0.1", self.port)
        self._lines.append(line)
        names, weights = [name for name, _ in _MIX], [weight for _, weight in _MIX]
        await asyncio.sleep(self._chance.uniform(0, self.think))
        try:
            while True:
                await self._working.wait()
                self._busy += 1
                try:
                    what = self._chance.choices(names, weights)[0]
                    await getattr(self, f"_{what}")(line, number)
                finally:
                    self._busy -= 1
                await asyncio.sleep(min(self._chance.expovariate(1 / self.think), 5 * self.think))
        finally:
            line.close()

    async def _report(self, line: Line, number: int, uploads: list[str] | None = None) -> None:
        key = self._key("report")
        sent = self.report(key)
        if uploads:
            sent["uploads"] = uploads
        token = self._collector(number)
        answer = await self.write(line, "POST", "/api/v1/reports", token, key, "report", sent)
        if answer is not None:
            told = answer.json()
            self._walks.append(_Walk(told["number"], self._counter))
            self._numbers.append(told["number"])

    def report(self, key: str) -> dict[str, Any]:
        """Give a report whose text holds its key, so that the same twice is seen whatever failed."""
        point = (self._chance.uniform(WEST, EAST), self._chance.uniform(SOUTH, NORTH))
        return loads.report(self.world, self._chance, point, key) | {"text": f"路口有垃圾〔{key}〕"}

    async def _verb(self, line: Line, number: int) -> None:
        if not self._walks:
            return await self._report(line, number)
        walk = self._walks.popleft()
        token, verb, data = loads.way(self.world, walk.position)[walk.step]
        path = f"/api/v1/cases/{walk.number}/act"
        key = self._key("verb")
        sent = {"verb": verb, "data": data}
        answer = await self.write(line, "POST", path, token, key, "verb", sent)
        # Whom somebody of the mixed load overtook leaves the case to him.
        if answer is not None and verb != "close":
            walk.step += 1
            self._walks.append(walk)
        return None

    async def _look(self, line: Line, number: int) -> None:
        token = self.world.tokens["acceptor"][0]
        path = "/api/v1/cases?open=true&size=20"
        if self._numbers and self._chance.random() < 0.6:
            path = f"/api/v1/cases/{self._chance.choice(self._numbers)}"
        # People look again by themselves; a read that fails is noted, not repeated.
        await self._once(line, "GET", path, {"Authorization": f"Bearer {token}"}, b"")

    async def _upload(self, line: Line, number: int) -> None:
        token, content = self._collector(number), photo(self._chance.getrandbits(30))
        key = self._key("upload")
        self.ledger.begin(key, "upload")
        asked = {"name": f"{key}.jpg", "size": len(content)}
        begun = await self._until_answered(line, "POST", "/api/v1/files/uploads", token, "", asked)
        if begun is None:
            return self.ledger.refuse(key, "begin")
        told = begun.json()
        path = f"/api/v1/files/uploads/{told['id']}"
        extra = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
        while True:
            # A piece whose answer was lost is there already: where it is is asked, as clients do.
            part = await self._once(line, "PATCH", path, self._headers(token, extra), content)
            if part is not None and part.status in (200, 409):
                break
            await asyncio.sleep(_AGAIN_SECONDS)
        digest = hashlib.sha256(content).hexdigest()
        done = await self._until_answered(
            line, "POST", f"{path}/finish", token, "", {"sha256": digest}
        )
        if done is None:
            return self.ledger.refuse(key, "finish")
        self.ledger.acknowledge(Ack(key, "upload", {"sha256": digest}, asked, time.time()))
        return await self._report(line, number, [told["id"]])

    async def write(
        self, line: Line, method: str, path: str, token: str, key: str, kind: str, sent: Any
    ) -> Answer | None:
        """Send a keyed write until it is answered; None when it is refused for good."""
        self.ledger.begin(key, kind)
        answer = await self._until_answered(line, method, path, token, key, sent)
        if answer is None:
            return None
        self.ledger.acknowledge(Ack(key, kind, answer.json(), sent, time.time()))
        return answer

    async def _until_answered(
        self, line: Line, method: str, path: str, token: str, key: str, sent: Any
    ) -> Answer | None:
        extra = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        body = json.dumps(sent).encode()
        while True:
            answer = await self._once(line, method, path, self._headers(token, extra), body)
            if answer is not None and answer.status < 400:
                return answer
            if answer is not None and _is_overtaken(answer):
                self.ledger.open.pop(key, None)
                return None
            if answer is not None and not _is_later(answer):
                self.ledger.refuse(key or path, f"{answer.status} {answer.body[:300]!r}")
                return None
            await asyncio.sleep(_AGAIN_SECONDS * self._chance.uniform(0.5, 1.5))

    async def _once(
        self, line: Line, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        begun = time.monotonic()
        try:
            answer = await line.ask(method, path, headers, body)
        except FAILURES as error:
            self.ledger.note(time.monotonic() - begun, type(error).__name__, good=False)
            return None
        # A conflict is an answer: somebody was faster, or the piece is there already.
        good = answer.status < 400 or answer.status == 409
        self.ledger.note(time.monotonic() - begun, str(answer.status), good=good)
        return answer

    def _headers(self, token: str, extra: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", **extra}

    def _collector(self, number: int) -> str:
        tokens = self.world.tokens["collector"]
        return tokens[number % len(tokens)]

    def _key(self, kind: str) -> str:
        self._counter += 1
        return f"drill-{kind}-{self._counter:06d}"


def photo(seed: int) -> bytes:
    """Give a small JPEG that no other seed gives (some 30 kB)."""
    noise = random.Random(seed).randbytes(64 * 64 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (64, 64), noise).resize((320, 240)).save(out, "JPEG", quality=80)
    return out.getvalue()


def _is_overtaken(answer: Answer) -> bool:
    return answer.status == 409 and b'"workflow.' in answer.body


def _is_later(answer: Answer) -> bool:
    if answer.status in _LATER:
        return True
    # The first one of this key is still being worked on, perhaps by a process that is dying.
    return answer.status == 409 and b"exchange.in_progress" in answer.body

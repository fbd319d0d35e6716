"""A bad network on loopback: a proxy that delays, wavers, and cuts connections in mid-answer."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from dataclasses import dataclass, field

_PIECE = 65_536


@dataclass
class Proxy:
    """Forwards a port of its own to `target`: (host, port), or the path of a socket.

    `delay` and `jitter` are seconds for each piece and each way; `cut` is the share of pieces of
    an answer of which only half is passed on before both ends are closed.
    """

    target: tuple[str, int] | str
    delay: float = 0.0
    jitter: float = 0.0
    cut: float = 0.0
    port: int = 0
    cuts: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Listen on a free port of the loopback address."""
        self._chance = random.Random("proxy")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        """Close everything."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(timeout=10)

    async def _live(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if isinstance(self.target, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self.target)
            else:
                far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.close()
            self._tasks.discard(task)
            return
        ways = [
            asyncio.create_task(self._pump(reader, far_writer, answering=False)),
            asyncio.create_task(self._pump(far_reader, writer, answering=True)),
        ]
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for one in (writer, far_writer):
                with contextlib.suppress(OSError, RuntimeError):
                    one.close()
            self._tasks.discard(task)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answering: bool
    ) -> None:
        while piece := await reader.read(_PIECE):
            seconds = self.delay + self._chance.uniform(0, self.jitter)
            if seconds:
                await asyncio.sleep(seconds)
            if answering and self._chance.random() < self.cut:
                self.cuts += 1
                writer.write(piece[: len(piece) // 2])
                with contextlib.suppress(OSError):
                    await writer.drain()
                return
            writer.write(piece)
            await writer.drain()

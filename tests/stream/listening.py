"""A plain listener on a socket: opens `/stream/` and reads what comes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import orjson


@dataclass
class Ear:
    """One open stream."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    _rest: bytes = b""

    @classmethod
    async def open(
        cls, address: str, path: str = "/stream/", method: str = "GET", **headers: str
    ) -> Ear:
        parts = urlsplit(address)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        given = {"Host": parts.netloc} | {k.replace("_", "-"): v for k, v in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
        ear = cls(reader, writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        ear.status = int(head[0].split()[1])
        ear.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])
        }
        return ear

    async def event(self, timeout: float = 20) -> dict[str, Any] | None:
        """Give the next event (`event`, `id`, `data`), beats left out; None at the end."""
        while True:
            block = await asyncio.wait_for(self._block(), timeout)
            if block is None:
                return None
            lines = dict(line.partition(": ")[::2] for line in block.decode().split("\n") if line)
            if "event" in lines:
                return {**lines, "data": orjson.loads(lines["data"])}

    async def _block(self) -> bytes | None:
        while b"\n\n" not in self._rest:
            size = (await self.reader.readline()).strip()
            if not size or size == b"0":
                return None
            self._rest += await self.reader.readexactly(int(size, 16))
            await self.reader.readexactly(2)
        block, _, self._rest = self._rest.partition(b"\n\n")
        return block

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class Ears:
    """Open streams of one server, closed together."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._open: list[Ear] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        for ear in self._open:
            await ear.close()

    async def open(self, path: str = "/stream/", method: str = "GET", **headers: str) -> Ear:
        ear = await Ear.open(self._address, path, method, **headers)
        self._open.append(ear)
        return ear

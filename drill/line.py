"""One keep-alive HTTP connection of a client in an event loop; it keeps what it knows of failures."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_HEAD_END: Final = b"\r\n\r\n"
#: What a client can see when nobody acknowledges: refused, cut, silent, or nonsense.
FAILURES: Final = (OSError, EOFError, asyncio.TimeoutError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


@dataclass
class Line:
    """A connection to host and port that is opened when it is needed; one request at a time."""

    host: str
    port: int
    patience: float = 20.0
    moved: bool = False
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = field(default=None, repr=False)

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Answer:
        """Send one request and give its whole answer.

        Raises:
            OSError, EOFError, TimeoutError, ValueError: one of `FAILURES`; the connection is
                closed, and nobody knows what became of the request.
        """
        if self.moved:
            self.close()
            self.moved = False
        try:
            async with asyncio.timeout(self.patience):
                return await self._ask(method, path, headers, body)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        if self._writer is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._writer.close()
        self._reader = self._writer = None

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._reader, self._writer
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + _HEAD_END + body)
        await writer.drain()
        head = (await reader.readuntil(_HEAD_END)).decode("latin-1").split("\r\n")
        found = dict(_header(line) for line in head[1:] if line)
        content = await reader.readexactly(int(found.get("content-length", "0")))
        if found.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(head[0].split(" ", 2)[1]), found, content)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()

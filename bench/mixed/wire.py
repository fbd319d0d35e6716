"""HTTP/1.1 over asyncio sockets as a browser keeps it: one connection a person, cookies, keep-alive.

It imports nothing of Django and does no more than the load needs, so that the client's own share of
the processor stays small. An answer is taken whole before it is given.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

ANSWER_SECONDS: Final = 60.0


class Unreachable(ConnectionError):
    """No whole answer came: refused, cut off, or silent for a minute. What was asked may be done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Caller:
    """Who asks: what every request of a person says beside its path, and the connection it uses."""

    host: str
    port: int
    address: str
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    stale: int = 0
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and give its answer.

        A connection that the server closed while nobody used it is opened again and asked once
        more, as browsers do: nothing of an answer had come.

        Raises:
            Unreachable: no answer, see there.
        """
        sent = self._request(method, path, body, kind, headers or {})
        reused = self._writer is not None
        try:
            return await asyncio.wait_for(self._once(sent), ANSWER_SECONDS)
        except _Nothing:
            self.close()
            if not reused:
                raise Unreachable("the connection ended before an answer") from None
            self.stale += 1
        except (OSError, TimeoutError, ValueError) as error:
            self.close()
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        try:
            return await asyncio.wait_for(self._once(sent), ANSWER_SECONDS)
        except (OSError, TimeoutError, ValueError, _Nothing) as error:
            self.close()
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Let the connection go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def open(
        self, path: str, headers: Mapping[str, str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a GET on a connection of its own, whose answer has no end."""
        reader, writer = await self._connect()
        writer.write(self._request("GET", path, b"", "", headers))
        return reader, writer

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return reader, writer

    async def _once(self, sent: bytes) -> Answer:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await self._connect()
        self._writer.write(sent)
        found = await read_answer(self._reader)
        self._keep_cookies(found)
        if found.headers.get("connection", "").lower() == "close":
            self.close()
        return found

    def _request(
        self, method: str, path: str, body: bytes, kind: str, headers: Mapping[str, str]
    ) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        # Every person has an address of his own: sign-ins are limited by address.
        lines.append(f"X-Forwarded-For: {self.address}")
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        elif self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method != "GET":
            lines += [f"Content-Type: {kind}"] if kind else []
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get("set-cookie", "").split("\n"):
            name, _, rest = line.partition("=")
            if name:
                self.cookies[name.strip()] = rest.partition(";")[0]


class _Nothing(ConnectionError):
    """The connection ended before the first byte of an answer."""


def form(values: Mapping[str, str]) -> bytes:
    """Give the body of a posted form."""
    return urlencode(values).encode()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer from a connection.

    Raises:
        Unreachable: it ended in the middle.
    """
    status, headers = await read_head(reader)
    if status in (204, 304):
        return Answer(status, headers, b"")
    try:
        if "content-length" in headers:
            return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))
        return Answer(status, headers, b"".join([piece async for piece in chunks(reader)]))
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the answer ended in the middle") from error


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Read status and headers; cookies that are set stand in lines of `set-cookie`."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ConnectionResetError("the answer ended in its head") from error
        raise _Nothing from None
    except ConnectionError:
        raise _Nothing from None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "set-cookie" and name in headers:
            value = f"{headers[name]}\n{value}"
        headers[name] = value
    return int(first.split(" ", 2)[1]), headers


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Give the pieces of a body that is sent in chunks, as they come."""
    while True:
        size = int((await reader.readline()).split(b";")[0] or b"0", 16)
        piece = await reader.readexactly(size + 2)
        if not size:
            return
        yield piece[:-2]

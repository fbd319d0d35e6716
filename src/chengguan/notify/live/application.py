"""The live stream over HTTP: an ASGI application that knows one address, `/stream/`.

No request stack of Django: settings and models only. It starts listening to the database
with the first request, so that it needs no lifespan events.
Source: WHATWG HTML, section 9.2 (server-sent events).
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.db import Error as DatabaseError
from django.db import connections

from chengguan.accounts.domain.principal import Principal

from .admission import Claim, is_our_host, is_our_origin
from .hub import Hub, Listener
from .listening import listen

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

MOST = int(os.environ.get("CHENGGUAN_STREAM_MOST", "5000"))
BEAT_SECONDS = 15.0
CHECK_SECONDS = 45.0
LIFE_SECONDS = 3600.0
# A listener that takes nothing for so long is cut off, or its socket's buffer would be kept.
STUCK_SECONDS = 30.0
_TOPICS = 20


class Stream:
    """The application and what it keeps: the hub, the line to the database, a thread."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._ready: asyncio.Event | None = None
        self._tasks: list[asyncio.Task[None]] = []
        # Sessions are looked up with Django's own code, which blocks; one connection will do.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="admission")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _start(self) -> asyncio.Event:
        if self._ready is None:
            self._ready = asyncio.Event()
            loop = asyncio.get_running_loop()
            self._tasks = [
                loop.create_task(listen(self.hub, self._ready)),
                loop.create_task(self._beat()),
            ]
        return self._ready

    async def stop(self) -> None:
        """End all streams and stop listening."""
        for listener in self.hub.listeners():
            listener.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, self._ready = [], None
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._cut_off_stuck()
            self.hub.beat()

    def _cut_off_stuck(self) -> None:
        # A timer for each send would cost more than the send.
        limit = time.monotonic() - STUCK_SECONDS
        for listener in self.hub.listeners():
            if listener.sending_since < limit and listener.task is not None:
                listener.task.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if scope["path"] == "/healthz":
            await _refuse(send, 200, "ok", "正在服务。", [])
        elif scope["path"].rstrip("/") != "/stream":
            await _refuse(send, 404, "not_found", "这里只有 /stream/。", [])
        elif not is_our_host(host) or not is_our_origin(origin, host):
            await _refuse(send, 403, "origin", "不接受来自其他网站的连接。", [])
        elif scope["method"] == "OPTIONS":
            await _refuse(send, 204, "", "", _cors(origin))
        elif scope["method"] != "GET":
            await _refuse(send, 405, "method", "只支持 GET。", [(b"allow", b"GET, OPTIONS")])
        else:
            await self._open(scope, headers, receive, send)

    async def _open(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        cors = _cors(headers.get("origin", ""))
        try:
            await asyncio.wait_for(self._start().wait(), timeout=5)
            claim = Claim.of(headers)
            principal = await self._ask(claim)
        except (TimeoutError, DatabaseError):
            await _refuse(send, 503, "database", "暂时连不上数据库，请稍后重连。", _later(cors))
            return
        if principal is None:
            await _refuse(send, 401, "unauthenticated", "没有登录或会话已结束，请重新登录。", cors)
            return
        if len(self.hub) >= MOST:
            await _refuse(send, 503, "full", "实时连接已满，请稍后重连。", _later(cors))
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        listener = Listener(principal, _topics(query))
        last = headers.get("last-event-id") or (query.get("last_event_id") or [""])[0]
        self.hub.join(listener, last)
        try:
            await self._stream(listener, claim, cors, receive, send)
        finally:
            self.hub.leave(listener)

    async def _stream(
        self, listener: Listener, claim: Claim, cors: Headers, receive: Receive, send: Send
    ) -> None:
        listener.task = asyncio.current_task()
        watch = asyncio.create_task(self._watch(listener, claim))
        gone = asyncio.create_task(_until_gone(listener, receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _SSE + cors})
            piece = f"retry: {random.randint(2000, 5000)}\n\n".encode()  # noqa: S311
            while piece:
                listener.sending_since = time.monotonic()
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                listener.sending_since = math.inf
                piece = await listener.take()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OSError, RuntimeError):
            # Already gone: there is nobody to tell.
            return
        except asyncio.CancelledError:
            if listener.sending_since == math.inf:
                raise
        finally:
            watch.cancel()
            gone.cancel()

    async def _watch(self, listener: Listener, claim: Claim) -> None:
        """End the stream with the session, with a change of posts, and after an hour."""
        ends = time.monotonic() + LIFE_SECONDS * random.uniform(0.9, 1.0)  # noqa: S311
        while time.monotonic() < ends:
            await asyncio.sleep(min(CHECK_SECONDS, LIFE_SECONDS) * random.uniform(0.8, 1.2))  # noqa: S311
            try:
                principal = await self._ask(claim)
            except DatabaseError:
                continue
            if principal is None or principal.grants != listener.principal.grants:
                break
        listener.end()

    async def _ask(self, claim: Claim) -> Principal | None:
        return await asyncio.get_running_loop().run_in_executor(self._thread, claim.principal)


async def _until_gone(listener: Listener, receive: Receive) -> None:
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    finally:
        listener.end()


async def _refuse(send: Send, status: int, code: str, detail: str, headers: Headers) -> None:
    body = b""
    if code:
        problem = {
            "type": f"urn:chengguan:problem:stream.{code}",
            "status": status,
            "code": f"stream.{code}",
            "detail": detail,
        }
        body = orjson.dumps(problem)
        headers = [*headers, (b"content-type", b"application/problem+json")]
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _topics(query: Mapping[str, list[str]]) -> tuple[str, ...]:
    asked = {topic for value in query.get("topics", []) for topic in value.split(",") if topic}
    return tuple(sorted(asked)[:_TOPICS])


def _cors(origin: str) -> Headers:
    if not origin:
        return [(b"vary", b"origin")]
    return [
        (b"vary", b"origin"),
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-headers", b"authorization, last-event-id, cache-control"),
        (b"access-control-max-age", b"600"),
    ]


def _later(headers: Headers) -> Headers:
    return [*headers, (b"retry-after", b"5")]


_SSE: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

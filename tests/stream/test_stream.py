"""The live stream as a browser meets it: a real server, a real NOTIFY."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from time import time
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from chengguan.accounts import sessions
from chengguan.notify.domain import tell
from chengguan.notify.domain.relay import relay
from chengguan.notify.live import application
from chengguan.notify.live.application import Stream

from .conftest import make_token, make_user
from .listening import Ears

if TYPE_CHECKING:
    from chengguan.accounts.models import User

pytestmark = pytest.mark.slow  # a server process is started for each


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice", area="310115")


def _cookie(user: User, idle_minutes: int = 0) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[sessions.SEEN] = int(time()) - idle_minutes * 60
    session.save()
    return f"sessionid={session.session_key}"


def _run(server: str, scene: Callable[[Ears], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with Ears(server) as ears:
            await scene(ears)

    asyncio.run(whole())


async def _tell(*given: dict[str, Any]) -> None:
    def both() -> None:
        for one in given:
            tell(one.pop("topic", "case.stepped"), **one)
        relay()
        connection.close()

    await sync_to_async(both, thread_sensitive=False)()


def test_by_cookie_and_by_token_in_scope_and_in_order(server: str, alice: User) -> None:
    cookie = _cookie(alice)
    token = make_token(make_user("bob", area="310116"), "bobs-token")

    async def scene(ears: Ears) -> None:
        one = await ears.open(Cookie=cookie)
        two = await ears.open(Authorization=f"Bearer {token}")
        assert (one.status, one.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        assert (one.headers["cache-control"], one.headers["x-accel-buffering"]) == (
            "no-store",
            "no",
        )
        await _tell(
            {"subject_id": 1, "area_code": "310115001"},
            {"subject_id": 2, "area_code": "310116001"},
            {"subject_id": 3, "area_code": "310115002"},
            {"topic": "notice", "subject_id": 4, "user_ids": [alice.pk]},
        )
        heard = [await one.event() for _ in range(3)]
        assert [e and (e["event"], e["data"]["subject"]) for e in heard] == [
            ("case.stepped", 1),
            ("case.stepped", 3),
            ("notice", 4),
        ]
        other = await two.event()
        assert other is not None
        assert other["data"]["subject"] == 2
        # Back with the last id that was seen: what was missed comes first.
        assert heard[0] is not None
        back = await ears.open(Cookie=cookie, Last_Event_ID=heard[0]["id"])
        assert [e and e["data"]["subject"] for e in [await back.event(), await back.event()]] == [
            3,
            4,
        ]
        lost = await ears.open("/stream/?last_event_id=1", Cookie=cookie)
        event = await lost.event()
        assert event is not None
        assert event["event"] == "reload"

    _run(server, scene)


def test_strangers_and_foreign_pages_are_refused(server: str, alice: User) -> None:
    cookie = _cookie(alice)
    stale = _cookie(make_user("gone"))
    type(alice).objects.filter(username="gone").update(is_active=False)
    idle = _cookie(make_user("idle"), idle_minutes=31)
    due = make_user("due")
    type(alice).objects.filter(username="due").update(must_change_password=True)
    host = server.removeprefix("http://")
    expected: list[tuple[int, dict[str, str]]] = [
        (401, {}),
        (401, {"Cookie": "sessionid=nonsense"}),
        (401, {"Cookie": stale}),
        (401, {"Cookie": idle}),
        (401, {"Cookie": _cookie(due)}),
        (401, {"Authorization": "Bearer nonsense", "Cookie": cookie}),
        (403, {"Cookie": cookie, "Origin": "https://evil.example"}),
        (403, {"Cookie": cookie, "Origin": "null"}),
        (403, {"Cookie": cookie, "Host": "evil.example"}),
        (200, {"Cookie": cookie, "Origin": "http://127.0.0.1:8000"}),
    ]

    async def scene(ears: Ears) -> None:
        for status, headers in expected:
            ear = await ears.open(**headers)
            assert (ear.status, headers) == (status, headers)
            origin = "http://127.0.0.1:8000" if status == 200 else None
            assert ear.headers.get("access-control-allow-origin") == origin
        for method, path, status in [
            ("POST", "/stream/", 405),
            ("OPTIONS", "/stream/", 204),
            ("GET", "/other", 404),
            ("GET", "/healthz", 200),
        ]:
            ear = await ears.open(path, method, Cookie=cookie, Host=host)
            assert (ear.status, path, method) == (status, path, method)

    _run(server, scene)


def test_a_cut_line_to_the_database_comes_back_with_reload(server: str, alice: User) -> None:
    cookie = _cookie(alice)

    def cut() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'chengguan stream' AND datname = current_database()"
            )
            found = int(cursor.fetchone()[0])
        connection.close()
        return found

    async def scene(ears: Ears) -> None:
        ear = await ears.open(Cookie=cookie)
        assert await sync_to_async(cut, thread_sensitive=False)() == 1
        event = await ear.event()
        assert event is not None
        assert event["event"] == "reload"
        await _tell({"subject_id": 5, "area_code": "310115"})
        event = await ear.event()
        assert event is not None
        assert event["data"]["subject"] == 5

    _run(server, scene)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(application, "BEAT_SECONDS", 0.05)


@pytest.mark.parametrize("ending", ["logout", "grant", "hour", "leaves", "stays"])
def test_a_stream_ends_with_its_session_its_posts_its_hour(
    quick: None, alice: User, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    cookie = _cookie(alice)
    if ending == "hour":
        monkeypatch.setattr(application, "LIFE_SECONDS", 0.5)
    gone = asyncio.Event()

    def end() -> None:
        from django.contrib.sessions.models import Session

        from chengguan.accounts.models import Grant

        if ending == "logout":
            Session.objects.all().delete()
        elif ending == "grant":
            Grant.objects.all().delete()
        connection.close()

    async def scene() -> bytes:
        stream = Stream()
        sent: list[bytes] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message.get("body", b""))

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        scope = _scope(cookie)
        open_ = asyncio.create_task(_call(stream, scope, receive, send))
        try:
            while len(sent) < 3:  # head, retry, a beat
                await asyncio.sleep(0.01)
            await sync_to_async(end, thread_sensitive=False)()
            if ending == "leaves":
                gone.set()
            # A principal is kept for a second.
            await asyncio.wait([open_], timeout=0.5 if ending == "stays" else 20)
            assert open_.done() is (ending != "stays")
        finally:
            open_.cancel()
            await asyncio.gather(open_, return_exceptions=True)
            await stream.stop()
        assert len(stream.hub) == 0
        return b"".join(sent)

    body = asyncio.run(scene())
    assert body.startswith(b"retry: ")
    assert b": \n\n" in body


def test_a_listener_that_takes_nothing_is_cut_off(
    quick: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "STUCK_SECONDS", 0.2)
    cookie = _cookie(alice)

    async def scene() -> None:
        stream = Stream()
        never = asyncio.Event()

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                await never.wait()

        async def receive() -> dict[str, Any]:
            await never.wait()
            return {}

        try:
            await asyncio.wait_for(_call(stream, _scope(cookie), receive, send), timeout=20)
            assert len(stream.hub) == 0
        finally:
            await stream.stop()

    asyncio.run(scene())


def _scope(cookie: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/stream/",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
    }


async def _call(
    stream: Stream,
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    await stream(scope, receive, send)

"""A request with a token takes a shorter way through Django and gets the same answer."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from cases.town import Town
from django.db import connections

from .callers import Caller

pytestmark = pytest.mark.django_db

#: Made anew for each answer.
_OWN = frozenset({"X-Request-ID", "Date"})


def ask(
    handler: Any, method: str, path: str, token: str, body: bytes = b"", **more: str
) -> tuple[str, dict[str, str], Any]:
    found: list[tuple[str, dict[str, str]]] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "testserver",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        **more,
    }
    answer = handler(environ, lambda status, headers: found.append((status, dict(headers))))
    content = b"".join(answer)
    status, headers = found[0]
    kept = {name: value for name, value in headers.items() if name not in _OWN}
    return status, kept, json.loads(content) if content[:1] in b"[{" else content


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The long way and the short one, neither closing the connection that this test stands on."""
    from chengguan.config import wsgi

    for one in connections.all():
        monkeypatch.setattr(one, "close_if_unusable_or_obsolete", lambda: None)
    return wsgi._pages, wsgi._tokens


@pytest.mark.parametrize(
    ("method", "path", "body", "more", "status"),
    [
        ("GET", "/api/v1/cases", b"", {}, "200"),
        ("GET", "/api/v1/cases?light=blue", b"", {}, "422"),
        ("GET", "/api/v1/cases/3101152026010100001", b"", {}, "404"),
        ("GET", "/api/v1/nowhere", b"", {}, "404"),
        ("POST", "/api/nowhere", b"{}", {}, "404"),
        ("DELETE", "/api/v1/cases", b"", {}, "405"),
        ("POST", "/api/v1/reports", b"{", {}, "400"),
        ("POST", "/api/v1/reports", b"{}", {}, "422"),
        ("POST", "/api/v1/reports", b'{"text": "a", "lon": 2.3, "lat": 48.8}', {}, "422"),
        ("GET", "/api/v1/cases", b"", {"HTTP_COOKIE": "sessionid=abc; csrftoken=x"}, "200"),
        ("GET", "/api/v1/cases", b"", {"HTTP_AUTHORIZATION": "bearer nobody"}, "401"),
        ("GET", "/api/v1/cases", b"", {"HTTP_HOST": "evil.example"}, "400"),
        ("OPTIONS", "/api/v1/cases", b"", {"HTTP_ORIGIN": "https://evil.example"}, "405"),
    ],
)
def test_both_ways_answer_alike(
    ways: tuple[Any, Any], acceptor: Caller, town: Town,
    method: str, path: str, body: bytes, more: dict[str, str], status: str,
) -> None:  # fmt: skip
    town.report()
    long, short = (ask(way, method, path, acceptor.token, body, **more) for way in ways)
    for answer in (long, short):
        if isinstance(answer[2], dict):
            answer[2].pop("at", None)
    # The long way looked for a session: a cache must tell its answers apart, and a cookie that
    # names none is taken away.
    for name in ("Vary", "Set-Cookie"):
        long[1].pop(name, None)
    assert short == long
    assert short[0].startswith(status)


def test_who_has_no_token_goes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    from chengguan.config import wsgi

    monkeypatch.setattr(wsgi, "_pages", lambda *_: [b"long"])
    monkeypatch.setattr(wsgi, "_tokens", lambda *_: [b"short"])
    token = {"HTTP_AUTHORIZATION": "BEARER x"}
    ways = {
        "/api/v1/cases": token,
        "/cases/": token,
        "/api/v1/files": {},
        "/api/": {"HTTP_AUTHORIZATION": "Basic x"},
    }
    found = [
        b"".join(wsgi.application({"PATH_INFO": path, **more}, print))
        for path, more in ways.items()
    ]
    assert found == [b"short", b"long", b"long", b"long"]

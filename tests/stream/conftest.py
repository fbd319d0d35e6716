"""A stream server of its own on the test's database, and people who listen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from chengguan.accounts.models import User


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    with stream_server() as (address, _):
        yield address


@contextmanager
def stream_server() -> Iterator[tuple[str, int]]:
    """Run the stream on a free port; give its address and process id."""
    from django.db import connection

    given = connection.settings_dict
    who = f"{given['USER']}:{quote(given['PASSWORD'], safe='')}"
    url = f"postgresql://{who}@/{given['NAME']}?host={quote(given['HOST'], safe='')}&port={given['PORT']}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asginl"]
    command += ["chengguan.config.stream:application", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--no-ws", "--http", "1", "--loop", "asyncio"]
    command += ["--log-level", "warning", "--workers-kill-timeout", "2"]
    process = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
    try:
        _wait(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(15)


def make_user(username: str, area: str = "", capability: str = "cases.see") -> User:
    from chengguan.accounts.models import Grant, Organisation, Post, User

    organisation, _ = Organisation.objects.get_or_create(
        code="c", defaults={"name": "中心", "kind": "centre", "path": "/1/"}
    )
    post, _ = Post.objects.get_or_create(
        code=capability, defaults={"name": capability, "capabilities": [capability]}
    )
    user = User.objects.create(username=username, name=username, organisation=organisation)
    user.set_unusable_password()
    user.save()
    Grant.objects.create(
        user=user,
        post=post,
        organisation=organisation,
        area_code=area,
        valid_from=date(2020, 1, 1),
    )
    return user


def make_token(user: User, raw: str) -> str:
    from chengguan.accounts.domain.tokens import digest_of
    from chengguan.accounts.models import ApiToken

    ApiToken.objects.create(user=user, name="t", digest=digest_of(raw))
    return raw


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the stream doesn't answer")

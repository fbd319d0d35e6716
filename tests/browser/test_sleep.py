"""A computer that slept: no timer ran, the line died without a word, and nobody touches the page."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import factories
import psutil
import pytest
from command.busy import Busy, busy_town
from django.utils import timezone
from stream.conftest import stream_server

from chengguan.config import paths
from chengguan.notify.domain.relay import step

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SLEEP = 14
#: Measured 2.6 to 5.4 s after waking; a busy machine is given more, and yet less than the 40 s of a line gone quiet.
SECONDS = 20


class Road:
    """Carries bytes between browser and stream, until it forgets the connections it has: they stay
    open and nothing comes through, as after a router has slept. New ones it carries."""

    def __init__(self, to: str) -> None:
        host, port = to.removeprefix("http://").split(":")
        self.to = host, int(port)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        self.age = 0
        self.ends: list[socket.socket] = []
        self.carried = 0
        threading.Thread(target=self._open, daemon=True).start()

    def forget(self) -> None:
        self.age += 1

    def close(self) -> None:
        for one in (self.door, *self.ends):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _open(self) -> None:
        while True:
            try:
                near, _ = self.door.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            self.ends += [near, far]
            self.carried += 1
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        born = self.age
        with suppress(OSError):
            while data := one.recv(65536):
                if born == self.age:
                    other.sendall(data)
        # What was forgotten isn't told that the other side has gone.
        if born == self.age:
            with suppress(OSError):
                other.shutdown(socket.SHUT_WR)


@pytest.fixture
def city(transactional_db: None) -> Busy:
    """Serve the busy town in place of the quiet one."""
    return busy_town(password=factories.PASSWORD)


@pytest.fixture
def road(settings: Any, city: Busy) -> Iterator[Road]:
    with stream_server() as (at, _):
        made = Road(at)
        settings.CHENGGUAN_STREAM_URL = f"{made.address}/stream/"
        yield made
        made.close()


@contextmanager
def asleep() -> Iterator[None]:
    """Stop every process of this test's browser."""
    found = [
        one for one in psutil.Process().children(recursive=True) if "chrom" in one.name().lower()
    ]
    assert found
    for one in found:
        os.kill(one.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in found:
            os.kill(one.pid, signal.SIGCONT)


def test_after_sleep_the_pages_catch_up(city: Busy, road: Road, desks: Desks) -> None:
    desks.allowed = (road.address,)
    desk = _open(desks, desks.at("acceptor"), "desk/", "#queues")
    rows = _open(desks, desk.context.new_page(), "cases/", "#rows table")
    with asleep():
        road.forget()
        case = city.town.report(timezone.now())
        while step():
            pass
        time.sleep(SLEEP)
    woke = time.monotonic()
    rows.wait_for_function(
        f"() => document.getElementById('rows').textContent.includes('{case.number}')",
        timeout=SECONDS * 1000,
    )
    # A page behind another fetches when it is looked at.
    desk.bring_to_front()
    desk.wait_for_selector(f"#row-{case.number}", timeout=SECONDS * 1000)
    took = time.monotonic() - woke
    paths.VAR.joinpath("sleep.json").write_text(json.dumps({"s": round(took, 2)}) + "\n")
    assert took < SECONDS
    assert road.carried >= 2


def _open(desks: Desks, page: Page, path: str, ready: str) -> Page:
    page.goto(f"{desks.address}/{path}")
    page.wait_for_selector(ready, timeout=30_000)
    page.wait_for_selector('html[data-line="alive"]', timeout=30_000)
    return page

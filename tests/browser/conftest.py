"""A real Chromium against a real server: the site over WSGI on a free port of the loopback."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import connections

from chengguan.config import paths

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Browser

    from .desk import Desks

# Playwright keeps an event loop in this thread; our code here stays synchronous all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
SHOTS = paths.VAR / "shots"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        # Each request has its thread here, and would leave its connection behind.
        connections.close_all()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


# Not for the session: while it lives, nothing else in this thread can run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium_path(),
            args=[
                "--no-sandbox",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--lang=zh-CN",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def city(transactional_db: None) -> City:
    import factories

    return factories.working_city(password=factories.PASSWORD)


@pytest.fixture
def address(city: City, settings: Any, tmp_path: Path) -> Iterator[str]:
    """Serve the site with uploads in a directory of the test's own."""
    from django.core.wsgi import get_wsgi_application

    assert (paths.ASSETS / "manifest.json").exists(), "页面资源尚未生成，请先运行 npm run build"
    settings.MEDIA_ROOT = tmp_path / "files"
    server = make_server(
        "127.0.0.1", 0, get_wsgi_application(), server_class=_Server, handler_class=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def desks(chromium: Browser, address: str) -> Iterator[Desks]:
    from .desk import Desks

    made = Desks(chromium, address, SHOTS)
    yield made
    made.close()


def _chromium_path() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    kept = paths.VAR / "chromium"
    return kept.read_text().strip() if kept.exists() else None

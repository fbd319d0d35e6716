"""People at their desks: each signs in once and keeps his own browser context."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import factories
from playwright.sync_api import Browser, BrowserContext, Page

DESK: Final = {"width": 1366, "height": 768}
STREET: Final = {"width": 360, "height": 740}
WALL: Final = {"width": 1920, "height": 1080}


class Desks:
    """The desks of a test; every shot is kept under var/shots/<story>/, numbered."""

    def __init__(self, browser: Browser, address: str, shots: Path) -> None:
        self.browser, self.address, self.shots = browser, address, shots
        self.problems: list[str] = []
        self.allowed: tuple[str, ...] = ()
        self._contexts: list[BrowserContext] = []
        self._pages: dict[tuple[str, int], Page] = {}
        self._count = 0

    def at(self, who: str, size: dict[str, int] = DESK) -> Page:
        """Give the page of a person, signed in through the form the first time."""
        key = who, size["width"]
        if key not in self._pages:
            self._pages[key] = self._sign_in(who, size)
        return self._pages[key]

    def shot(self, page: Page, story: str, name: str, *, whole: bool = True) -> Path:
        """Keep a screenshot."""
        self._count += 1
        folder = self.shots / story
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"{self._count:02d}-{name}.png"
        if page.evaluate(
            "() => /^http/.test(document.querySelector('meta[name=chengguan-stream]')?.content)"
        ):
            # A stream is never idle; its pages say themselves when they are ready.
            page.wait_for_timeout(500)
        else:
            page.wait_for_load_state("networkidle")
        page.screenshot(path=place, full_page=whole)
        return place

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _sign_in(self, who: str, size: dict[str, int]) -> Page:
        context = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.problems.append(f"页面出错：{error}"))
        page.on("request", lambda request: self._note_request(request.url))
        page.goto(f"{self.address}/login/")
        page.get_by_label("账号").fill(who)
        page.get_by_label("密码").fill(factories.PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{self.address}/")
        return page

    def _note_console(self, message: Any) -> None:
        # The stream has a process of its own, which these tests do not start.
        if message.location.get("url", "").endswith("/stream/"):
            return
        if message.type == "error" and "status of 4" not in message.text:
            self.problems.append(f"控制台：{message.text}")

    def _note_request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:", *self.allowed)):
            self.problems.append(f"请求离开了本机：{url}")

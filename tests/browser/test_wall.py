"""The wall and the leader's page in a real browser: news, a lost network, sleep, four sizes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import factories
import pytest
from command.busy import Busy, busy_town
from django.utils import timezone
from stream.conftest import stream_server

from chengguan.notify.domain.relay import relay

from .desk import DESK, STREET, WALL
from .test_pages import FAINT, GOOD, NAMELESS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FINE = {"width": 3840, "height": 2160}
#: Cards whose content is cut off.
CUT = """[...document.querySelectorAll('.wall-card')].filter(
  (card) => card.scrollHeight > card.clientHeight + 2 || card.scrollWidth > card.clientWidth + 2
).map((card) => card.className)"""
#: Texts too small to be read from five metres, in pixels of a 1920 wall.
SMALL = """[...document.querySelectorAll('.wall-card *')].filter(
  (one) => one.children.length === 0 && one.textContent.trim() && !one.closest('svg, script')
    && parseFloat(getComputedStyle(one).fontSize) * 1920 / innerWidth < 16.5
).map((one) => one.textContent.trim())"""


@pytest.fixture
def city(transactional_db: None) -> Busy:
    """Serve the busy town in place of the quiet one."""
    return busy_town(password=factories.PASSWORD)


@pytest.fixture
def stream(settings: Any, city: Busy) -> Iterator[str]:
    with stream_server() as (at, _):
        settings.CHENGGUAN_STREAM_URL = f"{at}/stream/"
        yield at


def number(page: Page, code: str) -> int:
    found = page.locator(f'[data-figure="{code}"][data-window="now"]').first
    return int(found.get_attribute("data-value") or "-1")


def happens(busy: Busy) -> None:
    busy.town.report(timezone.now())
    while relay():
        pass


def until(page: Page, code: str, value: int, seconds: float = 16) -> None:
    page.wait_for_function(
        "([code, value]) => document.querySelector("
        '`[data-figure="${code}"][data-window="now"]`)?.dataset.value === String(value)',
        arg=[code, value],
        timeout=seconds * 1000,
    )


def ready(page: Page) -> None:
    page.wait_for_selector("#wall-map[data-ready]", timeout=30_000)
    page.wait_for_selector('html[data-line="alive"]', timeout=30_000)


def test_the_wall_follows_and_comes_back_by_itself(city: Busy, stream: str, desks: Desks) -> None:
    page = desks.at("wall", WALL)
    page.goto(f"{desks.address}/wall/")
    ready(page)
    before = number(page, "open")
    happens(city)
    until(page, "open", before + 1)
    page.context.set_offline(True)
    page.wait_for_selector('html[data-line="lost"]')
    happens(city)
    page.wait_for_selector("#wall-stale:not([hidden])", timeout=30_000)
    assert "中断" in page.locator("#wall-stale").inner_text()
    desks.shot(page, "wall", "lost", whole=False)
    page.context.set_offline(False)
    until(page, "open", before + 2, 30)
    page.wait_for_selector("#wall-stale[hidden]", state="attached", timeout=20_000)
    nodes = page.evaluate("document.querySelectorAll('*').length")
    for more in range(3):
        happens(city)
        until(page, "open", before + 3 + more)
    assert abs(page.evaluate("document.querySelectorAll('*').length") - nodes) < 60


@pytest.mark.parametrize("size", [WALL, FINE], ids=["1920", "3840"])
def test_the_wall_shows_the_same_at_both_sizes(
    city: Busy, stream: str, desks: Desks, size: dict[str, int]
) -> None:
    desks.allowed = (stream,)
    page = desks.at("wall", size)
    page.goto(f"{desks.address}/wall/")
    ready(page)
    assert page.evaluate(CUT) == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate(NAMELESS) == GOOD
    desks.shot(page, "wall", f"wall-{size['width']}", whole=False)
    assert [one for one in desks.problems if "WebGL" not in one and "GPU" not in one] == []


@pytest.mark.parametrize("size", [STREET, DESK], ids=["360", "1366"])
def test_a_leader_oversees_from_the_page(
    city: Busy, stream: str, desks: Desks, size: dict[str, int]
) -> None:
    case = city.town.report(timezone.now() - timedelta(days=20))
    city.town.do(case, "file", case.changed_at + timedelta(minutes=5))
    city.town.do(case, "dispatch", case.changed_at + timedelta(minutes=5))
    desks.allowed = (stream,)
    page = desks.at("leader", size)
    page.goto(f"{desks.address}/leader/?window=90d")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(NAMELESS) == GOOD
    assert page.evaluate(FAINT) == []
    desks.shot(page, "leader", f"leader-{size['width']}")
    page.locator(".leader-oversee summary").first.click()
    page.get_by_role("button", name="发出督办").first.click()
    page.wait_for_url("**/leader/?window=90d")
    assert "已督办" in page.locator(".note-success").inner_text()
    assert desks.problems == []

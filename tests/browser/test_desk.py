"""The desk in a real browser: filing by keyboard alone, two acceptors at one case, dispatch by mouse.

What is done is counted: clicks, keys and seconds of a standard filing, fields typed again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import factories
import pytest

from chengguan.accounts.models import User
from chengguan.cases.models import Case

from .desk import STREET, WALL

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: Counts what a person does, in the page itself.
_COUNT: Final = """() => {
  window.counted = { clicks: 0, keys: 0, typed: 0 };
  addEventListener("pointerdown", () => window.counted.clicks++, true);
  addEventListener("keydown", () => window.counted.keys++, true);
  addEventListener("beforeinput", () => window.counted.typed++, true);
}"""


def _desk(desks: Desks, who: str, size: dict[str, int] | None = None) -> Page:
    page = desks.at(who, size) if size else desks.at(who)
    page.goto(f"{desks.address}/desk/")
    page.locator("#queues").wait_for()
    page.evaluate(_COUNT)
    return page


def _counted(page: Page) -> tuple[int, int, int]:
    found = page.evaluate("() => window.counted")
    return found["clicks"], found["keys"], found["typed"]


def _state(case: Case) -> str:
    return Case.objects.values_list("state", flat=True).get(pk=case.pk)


def _reports(count: int) -> list[Case]:
    spots = [(0.2, 0.2), (0.3, 0.6), (0.7, 0.3), (0.6, 0.7), (0.4, 0.8)]
    made = []
    for number, (east, north) in enumerate(spots[:count]):
        lon, lat = factories.inside(1, east, north)
        made.append(
            factories.report(
                source="collector", lon=lon, lat=lat, address=f"环湖西一路 {number + 1} 号"
            )
        )
    return made


def test_a_standard_filing_by_mouse_and_by_keyboard(desks: Desks, city: City) -> None:
    first, second, third = _reports(3)
    page = _desk(desks, "acceptor")
    desks.shot(page, "desk", "list-1366", whole=False)
    began = time.perf_counter()
    page.locator(f"#row-{first.number}").click()
    confirm = page.get_by_role("button", name="确认立案")
    confirm.wait_for()
    confirm.click()
    page.locator(f'[data-done="{first.number}"]').wait_for()
    by_mouse = time.perf_counter() - began
    assert (_state(first), _counted(page)) == ("awaiting_dispatch", (2, 0, 0))

    # The next case has opened where this one stood.
    page.locator(f'#pane [data-case="{second.number}"]').wait_for()
    desks.shot(page, "desk", "next-opened-1366", whole=False)

    page = _desk(desks, "acceptor")
    page.evaluate("() => document.querySelector('#list a[data-open]').focus()")
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.locator(f'#pane [data-case="{second.number}"] form[data-form-of="file"]').wait_for()
    page.keyboard.press("Control+Enter")
    page.locator(f'[data-done="{second.number}"]').wait_for()
    by_keys = time.perf_counter() - began
    clicks, _, typed = _counted(page)
    assert (_state(second), clicks, typed) == ("awaiting_dispatch", 0, 0)
    assert max(by_mouse, by_keys) < 15

    page.locator(f'#pane [data-case="{third.number}"]').wait_for()
    assert desks.problems == []
    said = f"立案：鼠标 2 次点击 {by_mouse:.2f} 秒；键盘 2 组键 {by_keys:.2f} 秒；重填 0 项\n"
    (desks.shots / "desk" / "filing.txt").write_text(said)


def test_a_draft_the_help_and_many_at_once_by_keyboard(desks: Desks, city: City) -> None:
    third, fourth = _reports(2)
    page = _desk(desks, "acceptor")
    page.evaluate("() => document.querySelector('#list a[data-open]').focus()")
    page.keyboard.press("o")
    # Half typed, left, and found again.
    page.locator(f'#pane [data-case="{third.number}"]').wait_for()
    page.keyboard.press("b")
    page.locator('form[data-form-of="void"]').wait_for()
    page.keyboard.press("Tab")
    page.locator("#verb-note").focus()
    page.keyboard.type("jk属于x邻区")
    page.get_by_text("草稿已存").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.locator(f'#pane [data-case="{fourth.number}"]').wait_for()
    page.keyboard.press("k")
    page.locator(f'#pane [data-case="{third.number}"]').wait_for()
    page.keyboard.press("b")
    page.get_by_text("的草稿", exact=False).first.wait_for()
    assert page.locator("#verb-note").input_value() == "jk属于x邻区"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".desk-nothing").wait_for(state="attached")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    desks.shot(page, "desk", "help-1366", whole=False)
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("X")
    page.get_by_text("已选 2 件", exact=True).first.wait_for()
    page.locator('[data-bulk-verb="file"]').click()
    page.locator("#bulk-fields").get_by_role("button").wait_for()
    desks.shot(page, "desk", "bulk-1366", whole=False)
    page.locator("#bulk-fields").get_by_role("button").click()
    page.locator("[data-results]").wait_for()
    assert (_state(third), _state(fourth)) == ("awaiting_dispatch", "awaiting_dispatch")
    assert desks.problems == []


def test_two_acceptors_and_a_dispatcher(desks: Desks, city: City) -> None:
    other = factories.user(
        "周值班",
        city.centre,
        factories.post("acceptor"),
        username="zhou",
        password=factories.PASSWORD,
    )
    assert isinstance(other, User)
    case, twin = _reports(2)
    mine, his = _desk(desks, "acceptor"), _desk(desks, "zhou")
    for page in (mine, his):
        page.locator(f"#row-{case.number}").click()
        page.locator(f'#pane [data-case="{case.number}"]').wait_for()
    mine.locator("#verb-note").fill("位置已核对")
    his.get_by_role("button", name="确认立案").click()
    his.locator(f'[data-done="{case.number}"]').wait_for()
    mine.get_by_role("button", name="确认立案").click()
    mine.locator("[data-raced]").wait_for()
    assert "周值班" in mine.locator("[data-raced]").inner_text()
    assert "已立案，本案现为“待派遣”" in mine.locator("[data-raced]").inner_text()
    assert mine.locator("#verb-note").input_value() == "位置已核对"
    mine.locator(f"#row-{case.number}").wait_for(state="detached")
    assert mine.get_by_role("button", name="确认立案").is_enabled(timeout=5000)
    desks.shot(mine, "desk", "raced-1366", whole=False)

    page = _desk(desks, "dispatcher", WALL)
    page.locator(f"#row-{case.number}").click()
    page.locator(".desk-place [data-ready]").wait_for()
    desks.shot(page, "desk", "dispatch-1920", whole=False)
    page.get_by_role("button", name="确认派遣").click()
    page.locator(f'[data-done="{case.number}"]').wait_for()
    assert _state(case) == "awaiting_handling"

    narrow = _desk(desks, "zhou", STREET)
    desks.shot(narrow, "desk", "list-360")
    narrow.locator(f"#row-{twin.number}").click()
    narrow.locator(f'#pane [data-case="{twin.number}"]').wait_for()
    desks.shot(narrow, "desk", "case-360")
    assert narrow.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    # What others do comes by itself, once the shell says so.
    mine.goto(f"{desks.address}/desk/{twin.number}/")
    mine.locator("#verb-note").fill("还在写")
    narrow.get_by_role("button", name="确认立案").click()
    narrow.locator(f'[data-done="{twin.number}"]').wait_for()
    mine.evaluate(
        "number => document.dispatchEvent(new CustomEvent('chengguan:news', {detail: {topic: 'case.file', number, subject: 0, payload: {}}}))",
        twin.number,
    )
    mine.locator(f"#row-{twin.number}").wait_for(state="detached")
    # Not under his hands: it is said, and shown when he asks.
    mine.get_by_text("本案刚有变化：周值班 立案", exact=False).wait_for()
    assert mine.locator("#verb-note").input_value() == "还在写"
    desks.shot(mine, "desk", "changed-1366", whole=False)
    mine.get_by_role("button", name="更新显示").click()
    mine.locator(".desk-case-state").get_by_text("待派遣").wait_for()
    assert desks.problems == []

"""Pages in a real browser: nothing leaves the machine, nothing is refused by the policy, every
field has a name, focus is seen, and no page is wider than the screen it is read on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import factories
import pytest

from chengguan.cases.domain.acting import act

from .desk import DESK, STREET, WALL

if TYPE_CHECKING:
    from factories import City

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: What a screen reader needs, asked of every page: names of controls, one heading, no doubled ids.
NAMELESS = """() => {
  const named = (one) => one.labels?.length || one.getAttribute('aria-label') || one.title
    || one.textContent.trim() || one.getAttribute('aria-labelledby') || one.alt;
  const controls = [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a[href], img')];
  const wrong = controls.filter((one) => one.tagName === 'IMG' ? !one.hasAttribute('alt') : !named(one));
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  return {
    nameless: wrong.map((one) => one.outerHTML.slice(0, 120)),
    doubled: ids.filter((id, place) => ids.indexOf(id) !== place),
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
    wide: document.documentElement.scrollWidth - window.innerWidth,
  };
}"""
GOOD: dict[str, Any] = {"nameless": [], "doubled": [], "headings": 1, "lang": "zh-Hans", "wide": 0}

#: Contrast of every visible text with its ground, after WCAG 2: the pairs below 4.5.
FAINT = """() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(at).backgroundColor);
      if (a > 0.9) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !one.checkVisibility() || one.disabled) continue;
    if (one.closest('[aria-hidden=true], script, style, .maplibregl-map, option')) continue;
    const [a, b] = [light(rgb(getComputedStyle(one).color)), light(ground(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.add(`${ratio.toFixed(2)} ${one.className} ${walk.currentNode.textContent.trim().slice(0, 20)}`);
  }
  return [...faint];
}"""


@pytest.fixture
def worked(city: City) -> str:
    """A case on its way, with others around it, one of them late."""
    for number in range(6):
        lon, lat = factories.inside(1, 0.2 + number / 10, 0.3)
        factories.report(lon=lon, lat=lat, source="video", text=f"第 {number + 1} 处暴露垃圾")
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    return str(case.number)


@pytest.mark.parametrize("size", [STREET, DESK, WALL], ids=["360", "1366", "1920"])
def test_pages_are_sound_at_every_width(
    desks: Desks, city: City, worked: str, size: dict[str, int]
) -> None:
    page = desks.at("acceptor", size)
    found, faint = {}, {}
    for name, url in {
        "home": "/",
        "cases": "/cases/",
        "case": f"/cases/{worked}/",
        "new": "/cases/new/",
        "case-map": "/cases/map/",
        "areas": "/registry/areas/",
        "area": f"/registry/areas/{factories.STREET}001/",
        "rules": "/registry/rules/",
        "coverage": "/registry/coverage/",
        "locate": "/registry/locate/",
        "inbox": "/notices/",
        "nowhere": "/nowhere/",
        "about": "/about/",
    }.items():
        page.goto(desks.address + url)
        desks.shot(page, f"pages-{size['width']}", name)
        found[name] = page.evaluate(NAMELESS)
        faint[name] = page.evaluate(FAINT)
    assert found == dict.fromkeys(found, GOOD)
    assert faint == {name: [] for name in faint}
    assert desks.problems == []


def test_focus_is_seen_and_the_keyboard_reaches_the_text(desks: Desks, city: City) -> None:
    page = desks.at("acceptor")
    page.goto(f"{desks.address}/cases/")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (first, outline) == ("跳到正文", "solid")


def test_filters_change_the_address_and_back_brings_them_again(
    desks: Desks, city: City, worked: str
) -> None:
    page = desks.at("acceptor")
    page.goto(f"{desks.address}/cases/")
    page.locator("#filter-state summary").click()
    page.locator('input[name="state"][value="awaiting_handling"]').check()
    page.wait_for_url("**state=awaiting_handling**")
    page.locator("table.cases tbody tr").nth(1).wait_for(state="detached")
    assert page.locator("table.cases tbody tr").count() == 1
    page.go_back()
    page.locator("table.cases tbody tr").nth(6).wait_for()


def test_point_chosen_on_the_map_is_explained(desks: Desks, city: City) -> None:
    page = desks.at("acceptor")
    page.goto(f"{desks.address}/registry/locate/")
    page.locator("[data-ready]").wait_for()
    page.locator("[data-map] canvas").click()
    page.get_by_text("所在区域").wait_for()
    desks.shot(page, "pages-1366", "located")
    assert desks.problems == []


def test_refused_form_keeps_what_was_typed(desks: Desks, city: City, worked: str) -> None:
    page = desks.at("unit")
    page.goto(f"{desks.address}/cases/{worked}/")
    page.locator('[data-verb="return_to_dispatcher"]').click()
    page.locator('[name="reason"]').fill("　")
    page.get_by_role("button", name="确认退回派遣员").click()
    page.locator("#verb-refusal .note").wait_for()
    assert page.locator('[name="reason"]').input_value() == "　"

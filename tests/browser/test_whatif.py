"""A planner's way through a comparison in a real browser: two files, waiting, charts, one figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import factories
import pytest
from simulation.plans import plans

from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.simulation.domain.comparing import run_comparison, start_comparison
from chengguan.simulation.models import Comparison

from .desk import DESK, STREET, WALL
from .test_pages import FAINT, GOOD, NAMELESS

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LIST = "/simulation/comparisons/"


@pytest.fixture
def planner(city: City) -> str:
    factories.user(
        "规划员",
        city.centre,
        factories.post("planning", Capability.PLAN),
        username="planner",
        password=factories.PASSWORD,
        area_code=factories.DISTRICT,
    )
    return "planner"


def sound(page: Page) -> None:
    assert page.evaluate(NAMELESS) == GOOD
    assert page.evaluate(FAINT) == []


def drawn(page: Page) -> None:
    boxes = page.locator("[data-chart]")
    page.wait_for_function(
        "document.querySelectorAll('[data-chart]:not([data-ready])').length === 0"
    )
    for number in range(boxes.count()):
        assert boxes.nth(number).locator("canvas").count() == 1


def test_a_planner_compares_two_plans(desks: Desks, planner: str, tmp_path: Path) -> None:
    page = desks.at(planner)
    page.get_by_role("link", name="方案推演").click()
    page.get_by_role("link", name="新推演").click()
    for field, (name, text) in zip(("base", "other"), plans(60), strict=True):
        place = tmp_path / name
        place.write_text(text, encoding="utf-8")
        page.set_input_files(f'[name="{field}"]', place)
    page.get_by_label("天数").fill("4")
    desks.shot(page, "whatif-1366", "new")
    sound(page)
    page.get_by_role("button", name="开始推演").click()
    page.get_by_text("已完成 0 / 20 个种子").wait_for()
    desks.shot(page, "whatif-1366", "waiting")
    sound(page)

    made = Comparison.objects.get()
    run_comparison(made.pk, workers=0)
    # Nobody reloads: the page asks by itself how far it is, and comes again whole.
    page.get_by_text("每个指标差多少").wait_for()
    drawn(page)
    # A tooltip in markup would be refused by the content security policy, and noted as a problem.
    chart = page.locator("[data-chart] canvas").first
    box = chart.bounding_box()
    assert box is not None
    chart.hover(position={"x": box["width"] * 0.9, "y": 21})
    page.wait_for_timeout(400)
    desks.shot(page, "whatif-1366", "tooltip", whole=False)
    page.get_by_role("row", name="问题发现率").get_by_role("link").click()
    page.get_by_text("每个种子两份方案").wait_for()
    drawn(page)
    assert page.locator("tbody tr").count() == 20
    with page.expect_download() as download:
        page.get_by_text("导出").click()
        page.get_by_role("link", name="各种子的数 XLSX").click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"
    assert desks.problems == []


def test_one_that_waits_is_cancelled(desks: Desks, planner: str, city: City) -> None:
    base, other = plans()
    who = principal_of(User.objects.get(username=planner))
    made = start_comparison(who, base, other, days=2, seeds=20, area_code=factories.DISTRICT)
    page = desks.at(planner)
    page.goto(f"{desks.address}{LIST}{made.pk}/")
    page.get_by_role("button", name="取消推演").click()
    page.get_by_text("没有给出结果").wait_for()
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert desks.problems == []


@pytest.mark.parametrize("size", [STREET, DESK, WALL], ids=["360", "1366", "1920"])
def test_comparisons_are_sound_at_every_width(
    desks: Desks, planner: str, size: dict[str, int]
) -> None:
    base, other = plans(60)
    who = principal_of(User.objects.get(username=planner))
    made = start_comparison(who, base, other, days=4, seeds=20, area_code=factories.DISTRICT)
    run_comparison(made.pk, workers=0)
    page = desks.at(planner, size)
    for name, url in {
        "list": LIST,
        "comparison": f"{LIST}{made.pk}/",
        "figure": f"{LIST}{made.pk}/figures/found_share/",
        "new": f"{LIST}new/",
    }.items():
        page.goto(desks.address + url)
        drawn(page)
        desks.shot(page, f"whatif-{size['width']}", name)
        sound(page)
    assert desks.problems == []

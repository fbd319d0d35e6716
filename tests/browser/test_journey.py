"""Signed in as each post, one case goes round the loop in the browser; a shot of each step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import factories
import pytest

from chengguan.cases.models import Case

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_one_case_goes_round_the_loop(desks: Desks, city: City, tmp_path: Path) -> None:
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(factories.street_photo())
    number = _report(desks, photo)

    def step(who: str, verb: str, **filled: str) -> None:
        _step(desks, number, who, verb, photo, filled)

    step("acceptor", "request_verification", person="采集员甲（监督指挥中心）", note="请拍全景")
    step("collector", "submit_verification", finding="情况属实", photos="*")
    step("acceptor", "file", rule="*")
    step("dispatcher", "dispatch", note="请尽快清理")
    step("unit", "return_to_dispatcher", reason="该处由绿化所养护")
    step("dispatcher", "dispatch", unit="环卫所（按权责）", note="经核实仍属环卫所")
    step("unit", "assign", handler="保洁员（环卫所）")
    step("handler", "submit_handling", photos="*", note="已清运")
    step("unit", "confirm_handled")
    step("dispatcher", "rework", reason="墙角仍有残留")
    step("unit", "assign", handler="保洁员（环卫所）")
    step("handler", "submit_handling", photos="*", note="已全部清运")
    step("unit", "confirm_handled")
    step("dispatcher", "forward")
    step("acceptor", "request_check", person="采集员乙（监督指挥中心）")
    step("collector2", "submit_check", finding="已解决", photos="*")
    step("acceptor", "close", confirmed="*")

    case = Case.objects.get(number=number)
    assert (case.state, case.returns, case.reworks, case.on_time) == ("closed", 1, 1, True)
    assert desks.problems == []


def _report(desks: Desks, photo: Path) -> str:
    page = desks.at("acceptor")
    desks.shot(page, "journey", "home")
    page.goto(f"{desks.address}/cases/new/")
    page.locator("[data-ready]").wait_for()
    page.get_by_label("来源").select_option("hotline")
    page.get_by_label("问题描述").fill("环湖西一路公交站旁有一堆暴露垃圾，约两平方米")
    page.get_by_label("事项", exact=True).fill("暴露垃圾")
    page.get_by_role("radio").first.check()
    page.get_by_label("地点描述").fill("环湖西一路公交站")
    page.locator("#photos").set_input_files(photo)
    lon, lat = factories.inside(1)
    page.locator('input[name="lat"]').fill(str(lat))
    page.locator('input[name="lon"]').fill(str(lon))
    page.locator('input[name="lon"]').blur()
    page.get_by_text("西社区", exact=False).first.wait_for()
    desks.shot(page, "journey", "report")
    page.get_by_role("button", name="提交上报").click()
    page.locator(".case-head").wait_for()
    desks.shot(page, "journey", "reported")
    return page.locator(".case-head h1").inner_text()


def _step(
    desks: Desks, number: str, who: str, verb: str, photo: Path, filled: dict[str, str]
) -> None:
    page = desks.at(who)
    page.goto(f"{desks.address}/cases/{number}/")
    before = page.locator(".timeline > li").count()
    page.locator(f'[data-verb="{verb}"]').click()
    form = page.locator(".verb-form")
    form.wait_for()
    for name, value in filled.items():
        _fill(page, name, value, photo)
    desks.shot(page, "journey", f"{verb}-{who}")
    form.get_by_role("button", name="确认").click()
    page.locator(".timeline > li").nth(before).wait_for()
    desks.shot(page, "journey", f"{verb}-done")


def _fill(page: Page, name: str, value: str, photo: Path) -> None:
    field = page.locator(f'.verb-form [name="{name}"]')
    kind = field.first.evaluate("one => one.type")
    if kind == "file":
        field.set_input_files(photo)
    elif kind == "radio":
        label = page.locator(".verb-form label", has_text=value if value != "*" else "")
        (field.first if value == "*" else label.first).click()
    elif kind == "checkbox":
        field.check()
    elif kind == "select-one":
        field.select_option(label=value)
    else:
        field.fill(value)

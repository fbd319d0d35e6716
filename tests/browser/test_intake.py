"""A call by the keyboard alone: words typed, the map follows, one press reports and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from playwright.sync_api import expect

from chengguan.cases.models import Case
from chengguan.cases.proposing.gazetteer import gather

from .desk import STREET
from .test_pages import GOOD, NAMELESS

if TYPE_CHECKING:
    from factories import City

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_call_is_taken_by_keys_and_filed_in_one_press(city: City, desks: Desks) -> None:
    lamp = factories.matter("01036", "路灯异常")
    rule = factories.rule(lamp, condition="灯不亮，影响通行")
    factories.rule(lamp, condition="灯杆倾斜、倒伏")
    factories.report(address="环湖西一路 18 号", matter_code="01036", text="路灯不亮")
    factories.report(address="环湖西一路 66 号", text="暴露垃圾")
    gather()
    page = desks.at("acceptor")
    page.goto(f"{desks.address}/cases/call/")
    page.locator("[data-map][data-ready]").wait_for()
    # The caret stands in the words: nothing has to be clicked.
    page.keyboard.type("环湖西一路18号门口路灯不亮，旁边还有暴露垃圾")
    # Two matters are named: neither is chosen beforehand, and one key settles it.
    expect(page.locator("[data-kind=question]")).to_contain_text("先办哪一件")
    expect(page.locator("[data-kind=matters] input:checked")).to_have_count(0)
    page.wait_for_timeout(300)
    page.keyboard.press("Alt+1")
    expect(page.locator("[data-kind=matters] input:checked")).to_have_value("matter:01036")
    expect(page.locator("[data-kind=unit]")).to_contain_text("环卫所")
    expect(page.locator("[name=lon]")).not_to_have_value("")
    expect(page.locator("[data-kind=near]")).to_contain_text("50 米内")
    page.wait_for_timeout(700)
    desks.shot(page, "intake", "words-1366", whole=False)
    page.keyboard.press("Alt+2")
    expect(page.locator("[data-kind=matters] input:checked")).to_have_value("matter:01001")
    page.keyboard.press("Alt+1")
    expect(page.locator("[data-kind=rules] input:checked")).to_have_value(str(rule.pk))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("张三")
    page.keyboard.press("Tab")
    page.keyboard.type("13800000000")
    page.keyboard.press("Tab")
    page.keyboard.type("来电人讲清了")
    assert page.evaluate(NAMELESS) == GOOD
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/cases/3*/")
    case = Case.objects.latest("id")
    assert (case.state, case.matter_code, case.rule_id) == (
        "awaiting_dispatch", "01036", rule.pk,
    )  # fmt: skip
    expect(page.locator(".flashes").first).to_contain_text("已上报并立案")
    assert desks.problems == []


def test_a_press_waits_for_what_the_choice_brings(city: City, desks: Desks) -> None:
    """The rules of another matter are on their way: filed is what was chosen, not what stood there."""
    lamp = factories.matter("01036", "路灯异常")
    rule = factories.rule(lamp, condition="灯不亮，影响通行")
    gather()
    page = desks.at("acceptor")
    page.goto(f"{desks.address}/cases/call/")
    page.locator("[data-map][data-ready]").wait_for()
    page.keyboard.type("路灯不亮，旁边还有暴露垃圾")
    expect(page.locator("[data-kind=question]")).to_contain_text("先办哪一件")
    lon, lat = factories.inside(1)
    page.locator("summary", has_text="经纬度").click()
    page.get_by_label("经度").fill(str(lon))
    page.get_by_label("纬度").fill(str(lat))
    page.locator("#id_unverified").fill("来电人讲清了")
    page.keyboard.press("Tab")
    page.wait_for_timeout(600)
    slow = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", slow)
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/cases/3*/")
    case = Case.objects.latest("id")
    assert (case.state, case.rule_id) == ("awaiting_dispatch", rule.pk)


def test_call_at_a_narrow_screen(city: City, desks: Desks) -> None:
    page = desks.at("acceptor", STREET)
    page.goto(f"{desks.address}/cases/call/")
    desks.shot(page, "intake", "empty-360")
    page.locator("#id_text").press_sequentially("巷子口暴露垃圾", delay=20)
    expect(page.locator("[data-kind=matters] input:checked")).to_have_value("matter:01001")
    desks.shot(page, "intake", "words-360")
    page.locator("#id_text").fill("喂喂听得见吗")
    expect(page.locator("[data-kind=matters]")).to_contain_text("还看不出")
    assert page.evaluate(NAMELESS) == GOOD
    assert desks.problems == []

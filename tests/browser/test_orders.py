"""Circle → order → receipts: the commander's screen, and a clerk's telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from command.staff import who

from chengguan.command.models import Receipt
from chengguan.command.plans.domain.keeping import keep_plan
from chengguan.command.plans.domain.template import Head, Task
from chengguan.notify.domain.relay import relay

from . import axe

if TYPE_CHECKING:
    from factories import City

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city(transactional_db: None) -> City:
    from command.staff import staffed

    return staffed(password=factories.PASSWORD)


def test_a_circle_becomes_an_order_and_its_receipts_are_seen(desks: Desks, city: City) -> None:
    from .desk import DESK, STREET

    lon, lat = factories.inside(1)
    commander = desks.at("commander", DESK)
    commander.goto(f"{desks.address}/orders/new/?circle={lon},{lat},300")
    commander.get_by_label("标题").fill("下穿通道积水，到场处置")
    commander.get_by_label("类别").select_option("scene")
    commander.get_by_role("checkbox", name="环卫所").check()
    commander.get_by_role("checkbox", name="西片长").check()
    assert commander.locator("[data-chosen]").inner_text() == "已选 1 个单位、1 人"
    assert axe.grave(commander) == []
    desks.shot(commander, "orders", "new")
    commander.get_by_role("button", name="下达").click()
    commander.get_by_role("heading", name="下穿通道积水").wait_for()
    relay()

    phone = desks.at("unit", STREET)
    phone.goto(f"{desks.address}/orders/mine/")
    assert axe.grave(phone) == []
    desks.shot(phone, "orders", "mine")
    phone.get_by_role("link", name="下穿通道积水").click()
    phone.get_by_role("button", name="接受").click()
    phone.get_by_role("button", name="已到场").click()
    phone.get_by_label("完成情况").fill("已抽排，通行恢复")
    assert axe.grave(phone) == []
    desks.shot(phone, "orders", "receipt")
    phone.get_by_role("button", name="已完成").click()
    phone.get_by_text("已报完成").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= STREET["width"]

    commander.reload()
    row = commander.get_by_role("row", name="环卫所")
    assert row.get_by_text("已完成").is_visible()
    assert row.get_by_text("已抽排，通行恢复").is_visible()
    assert axe.grave(commander) == []
    desks.shot(commander, "orders", "receipts")
    _drill(desks, city)
    receipt = Receipt.objects.get(unit=city.unit, order__drill=False)
    assert None not in (receipt.delivered_at, receipt.seen_at, receipt.arrived_at)
    assert desks.problems == []


def _drill(desks: Desks, city: City) -> None:
    """Start a drill by one press, and look at its board and report."""
    plan = keep_plan(
        who(city, "commander"),
        Head("yu", "暴雨"),
        [
            Task(key="1", title="排查", owner="unit", code=city.unit.code, minutes=20),
            Task(key="2", title="封控", owner="post", code="nobody", requires=("1",), minutes=40),
        ],
        area_code=factories.DISTRICT,
    )
    page = desks.at("commander")
    page.goto(f"{desks.address}/plans/{plan.pk}/")
    page.get_by_role("button", name="启动").click()
    page.get_by_text("不计入真实统计").wait_for()
    assert axe.grave(page) == []
    desks.shot(page, "orders", "board")
    page.get_by_role("link", name="报告").click()
    assert axe.grave(page) == []

"""A day at the posts of command: oversee → answer, ask → grant, circle on the map → order → receipts.

Each step is taken at the page of its room; what a room's own test walks already is left to it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from command.busy import Busy, busy_town, handled
from command.staff import COMMAND
from django.utils import timezone

from chengguan.cases import points
from chengguan.notify.domain.relay import relay

from .desk import STREET, WALL

if TYPE_CHECKING:
    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STORY = "command"


@pytest.fixture
def city(transactional_db: None) -> Busy:
    """Serve the busy town, with a commander and an area chief."""
    busy = busy_town(password=factories.PASSWORD)
    centre = busy.town.city.centre
    chief = factories.post("area_chief", "cases.see", name="片长")
    for name, username, post in (
        ("华指挥", "commander", factories.post("commander", *COMMAND, name="值班指挥长")),
        ("西片长", "chief", chief),
    ):
        factories.user(name, centre, post, username=username, password=factories.PASSWORD)
    return busy


def test_what_is_overseen_and_asked_is_answered_and_decided(desks: Desks, city: Busy) -> None:
    asked = handled(city.town, timezone.now() - timedelta(minutes=40))
    city.town.do(asked, "assign", timezone.now() - timedelta(minutes=20))
    city.town.do(asked, "ask_extension", timezone.now() - timedelta(minutes=5))

    leader = desks.at("leader")
    leader.goto(f"{desks.address}/oversight/")
    row = leader.get_by_role("row").filter(has_text="环卫所").first
    number = row.locator("a.code").inner_text()
    row.get_by_role("checkbox").check()
    leader.get_by_label("意见").fill("请今日办结")
    leader.get_by_role("button", name="督办选中的").click()
    leader.get_by_role("heading", name="办理结果").wait_for()
    desks.shot(leader, STORY, "overseen")

    clerk = desks.at("unit")
    clerk.goto(f"{desks.address}/requests/")
    clerk.get_by_role("row").filter(has_text=number).get_by_role("checkbox").check()
    clerk.get_by_label("答复", exact=True).fill("已派两人到场")
    clerk.get_by_role("button", name="答复选中的", exact=True).click()
    clerk.get_by_role("heading", name="答复结果").wait_for()
    desks.shot(clerk, STORY, "answered")
    leader.goto(f"{desks.address}/oversight/?tab=answered")
    leader.get_by_role("row").filter(has_text=number).get_by_text("已派两人到场").wait_for()

    dispatcher = desks.at("dispatcher")
    dispatcher.goto(f"{desks.address}/requests/?kind=extension")
    dispatcher.get_by_role("row").filter(has_text=asked.number).get_by_role("checkbox").check()
    dispatcher.get_by_role("button", name="同意选中的", exact=True).click()
    dispatcher.get_by_role("heading", name="审批结果").wait_for()
    clerk.goto(f"{desks.address}/requests/?tab=mine")
    clerk.get_by_role("row").filter(has_text=asked.number).get_by_text("同意").first.wait_for()

    # Each number of the unit opens as many rows.
    clerk.goto(f"{desks.address}/units/")
    held = clerk.locator(".tiles a.figure").first
    count = int(held.inner_text())
    held.click()
    clerk.get_by_text(f"共 {count} 件").wait_for()
    assert clerk.locator("table.rows tbody tr").count() == count > 0
    assert desks.problems == []


def test_a_circle_on_the_map_becomes_an_order_with_two_receipts(desks: Desks, city: Busy) -> None:
    points.forget()
    lon, lat = factories.inside(1)
    commander = desks.at("commander", WALL)
    commander.goto(f"{desks.address}/map/?circle={lon},{lat},400")
    commander.get_by_role("link", name="下达命令").click()
    commander.get_by_label("标题").fill("下穿通道积水")
    assert commander.get_by_label("经度").input_value() == f"{lon:.6f}".rstrip("0")
    commander.get_by_role("checkbox", name="环卫所").check()
    commander.get_by_label("查找人员").fill("西片长")
    commander.get_by_role("checkbox", name="西片长").check()
    desks.shot(commander, STORY, "order")
    commander.get_by_role("button", name="下达").click()
    commander.get_by_role("heading", name="下穿通道积水").wait_for()
    relay()

    for who, answer in (("unit", "接受"), ("chief", "接受")):
        phone = desks.at(who, STREET)
        phone.goto(f"{desks.address}/orders/mine/")
        phone.get_by_role("link", name="下穿通道积水").click()
        phone.get_by_role("button", name=answer).click()
        phone.get_by_role("button", name="已到场").wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth") <= STREET["width"]
    commander.reload()
    accepted = commander.locator("a", has_text="已接受").first
    assert "2" in accepted.inner_text()
    accepted.click()
    for who in ("环卫所", "西片长"):
        commander.get_by_role("row", name=who).wait_for()
    desks.shot(commander, STORY, "receipts")
    assert [one for one in desks.problems if "WebGL" not in one and "GPU" not in one] == []

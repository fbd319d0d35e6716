"""A conflict goes to the arbiter, his ruling becomes a precedent, and the next like case follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest

from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case

from .desk import DESK, STREET
from .test_pages import FAINT, GOOD, NAMELESS

if TYPE_CHECKING:
    from factories import City

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STORY = "dispatch"


def filed(city: City, text: str) -> str:
    case = factories.report(source="video", text=text)
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    return str(case.number)


def test_from_conflict_to_precedent(desks: Desks, city: City) -> None:
    factories.duty(city.other_unit)
    disputed = filed(city, "绿化带里堆放的建筑垃圾")
    clerk, arbiter = desks.at("dispatcher"), desks.at("leader")

    clerk.goto(f"{desks.address}/dispatch/")
    clerk.keyboard.press("j")
    clerk.keyboard.press("o")
    clerk.get_by_text("请申请裁定").wait_for()
    desks.shot(clerk, STORY, "conflict")
    clerk.get_by_role("link", name="申请裁定").click()
    clerk.get_by_label("争议说明").fill("环卫所与绿化所的权责同样明确")
    clerk.get_by_label("依据条款").fill("上海市市容环境卫生管理条例第二十条")
    clerk.get_by_role("button", name="确认申请裁定").click()
    clerk.wait_for_url(f"**/cases/{disputed}/")

    arbiter.goto(f"{desks.address}/dispatch/rulings/")
    arbiter.get_by_text("环卫所与绿化所的权责同样明确").wait_for()
    desks.shot(arbiter, STORY, "inbox")
    arbiter.get_by_role("link", name="裁定单位").click()
    arbiter.get_by_label("裁定单位").select_option(label="绿化所（按权责）")
    arbiter.get_by_label("裁定理由").fill("堆放点位于绿化带界内")
    desks.shot(arbiter, STORY, "ruling")
    arbiter.get_by_role("button", name="确认裁定单位").click()
    arbiter.wait_for_url(f"**/cases/{disputed}/")

    following = filed(city, "绿化带里的垃圾袋")
    clerk.goto(f"{desks.address}/dispatch/")
    clerk.get_by_role("link", name=following).click()
    clerk.get_by_text("按裁定先例").first.wait_for()
    desks.shot(clerk, STORY, "precedent")
    for page in (clerk,):
        assert page.evaluate(NAMELESS) == GOOD
        assert page.evaluate(FAINT) == []
    clerk.get_by_role("button", name="派遣", exact=True).click()
    clerk.get_by_text(f"已派遣：{following} → 绿化所").wait_for()
    clerk.get_by_role("button", name="派遣所选").click()
    clerk.get_by_text("1 件中已派遣 1 件").wait_for()
    desks.shot(clerk, STORY, "dispatched")
    assert set(Case.objects.values_list("state", "unit_id")) == {
        ("awaiting_handling", city.other_unit.pk)
    }
    clerk.goto(f"{desks.address}/dispatch/precedents/")
    clerk.get_by_role("link", name="2", exact=True).click()
    clerk.get_by_text("裁定前后").wait_for()
    desks.shot(clerk, STORY, "uses")
    assert desks.problems == []


def test_pages_are_sound(desks: Desks, city: City) -> None:
    factories.duty(city.other_unit)
    number = filed(city, "绿化带里堆放的建筑垃圾")
    filed(city, "路边垃圾")
    for size in (STREET, DESK):
        page = desks.at("dispatcher", size)
        for name, url in {
            "queue": "/dispatch/",
            "case": f"/dispatch/cases/{number}/",
            "facts": "/dispatch/facts/",
            "precedents": "/dispatch/precedents/",
            "automatic": "/dispatch/automatic/",
            "recheck": "/dispatch/automatic/recheck/",
        }.items():
            page.goto(desks.address + url)
            desks.shot(page, f"{STORY}-{size['width']}", name)
            assert page.evaluate(NAMELESS) == GOOD, url
            assert page.evaluate(FAINT) == [], url
    assert desks.problems == []

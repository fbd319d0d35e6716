"""The duty roster in a real browser: the keeper's desk, a worker's phone, a swap between them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from command.roster.duty_city import DutyCity, duty_city, rotation
from django.utils import timezone

from chengguan.command.models import Assignment, Requirement
from chengguan.command.roster.domain.absent import record_absence
from chengguan.command.roster.domain.rules import apply_rule

from .desk import STREET
from .test_pages import FAINT, GOOD, NAMELESS

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def city(transactional_db: None) -> City:
    return duty_city(password=factories.PASSWORD).city


def sound(page: Page) -> None:
    assert page.evaluate(NAMELESS) == GOOD
    assert page.evaluate(FAINT) == []


def planned(city: City) -> DutyCity:
    from chengguan.accounts.models import User

    people = list(User.objects.filter(username__startswith="team").order_by("username"))
    made = DutyCity(city, User.objects.get(username="keeper_of_duty"), people)
    today = timezone.localdate()
    monday = today - timedelta(today.weekday())
    rule = rotation(made, valid_from=monday)
    apply_rule(made.keeping, rule, today, today + timedelta(12))
    Requirement.objects.create(
        organisation=city.centre, post="collector", area_code=factories.STREET,
        start="08:00", end="18:00", people=2, valid_from=monday, days="work",
    )  # fmt: skip
    now = timezone.now()
    record_absence(
        made.keeping, user=people[1], starts_at=now, ends_at=now + timedelta(days=3),
        kind="leave", stand_in=people[2],
    )  # fmt: skip
    return made


def test_a_roster_is_kept_and_a_shift_is_swapped(desks: Desks, city: City) -> None:
    made = planned(city)
    for hour in (20, 26, 27, 28, 44):
        factories.report(at=timezone.now() - timedelta(hours=hour + 12))
    page = desks.at("keeper_of_duty")
    for name, url in {
        "board": "/roster/",
        "day": f"/roster/?days=1&first={timezone.localdate()}",
        "now": "/roster/now/",
        "hours": "/roster/hours/",
        "away": "/roster/away/",
        "rules": "/roster/rules/",
        "rule": "/roster/rules/new/",
        "import": "/roster/import/",
        "flexible": "/roster/flexible/",
    }.items():
        page.goto(desks.address + url)
        desks.shot(page, "roster-1366", name)
        sound(page)
    page.goto(f"{desks.address}/roster/rules/")
    page.get_by_role("link", name="排定").first.click()
    desks.shot(page, "roster-1366", "plan")
    sound(page)

    phone = desks.at("team4", STREET)
    later = timezone.now() + timedelta(days=4)
    given = Assignment.objects.filter(user=made.people[3], starts_at__gt=later).first()
    assert given is not None
    for name, url in {
        "mine": "/roster/mine/",
        "duty": f"/roster/duty/{given.pk}/",
        "board": "/roster/",
        "now": "/roster/now/",
    }.items():
        phone.goto(desks.address + url)
        desks.shot(phone, "roster-360", name)
        sound(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.goto(f"{desks.address}/roster/duty/{given.pk}/")
    phone.get_by_label("与谁换").select_option(str(made.people[0].pk))
    phone.get_by_label("理由").fill("家中有事")
    phone.get_by_role("button", name="申请换班").click()
    phone.get_by_text("我提出的换班 1").wait_for()
    other = desks.at("team1", STREET)
    other.goto(f"{desks.address}/roster/mine/")
    desks.shot(other, "roster-360", "asked")
    other.get_by_role("button", name="同意", exact=True).click()
    page.goto(f"{desks.address}/roster/swaps/")
    desks.shot(page, "roster-1366", "swaps")
    sound(page)
    page.get_by_role("button", name="批准", exact=True).click()
    page.get_by_text("已批准，两天的班次都已改排").wait_for()
    given.refresh_from_db()
    assert given.ended_why == "换班"
    assert desks.problems == []

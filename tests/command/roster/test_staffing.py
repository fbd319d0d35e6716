"""Who is proposed for a task: those on duty first, B in place of A, everybody without a roster."""

from __future__ import annotations

from datetime import date

import factories
import pytest
import time_machine

from chengguan.cases.screens.people import collectors_for
from chengguan.cases.staffing import stand_in
from chengguan.command.roster.domain.absent import record_absence
from chengguan.command.roster.domain.rules import apply_rule
from command.roster.duty_city import DutyCity, at, duty_city, rotation

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty() -> DutyCity:
    with time_machine.travel(at(31, 12, month=5), tick=False):
        made = duty_city()
        apply_rule(made.keeping, rotation(made), date(2026, 6, 1), date(2026, 6, 2))
    return made


def proposed(hour: int, day: int = 1) -> list[str]:
    with time_machine.travel(at(day, hour), tick=False):
        return [title for _, title in collectors_for(factories.report())]


def test_those_on_duty_come_first_and_the_others_can_still_be_chosen(duty: DutyCity) -> None:
    titles = proposed(9)

    assert titles[0] == "丁四（监督指挥中心） 在岗 中班，至 16:00"
    assert len(titles) == 6
    assert all(title.endswith(" 不在班") for title in titles[1:])


def test_b_is_proposed_in_place_of_a(duty: DutyCity) -> None:
    a, b = duty.people[3], duty.people[0]
    record_absence(
        duty.keeping, user=a, starts_at=at(1, 8), ends_at=at(1, 16), kind="sick", stand_in=b
    )
    titles = proposed(9)

    assert titles[0] == "甲一（监督指挥中心） 在岗 中班，至 16:00，代丁四"
    assert not any(title.startswith("丁四") for title in titles)
    assert stand_in(a.pk, at(1, 9)) == b.pk


def test_without_a_roster_for_that_day_nobody_is_left_out(duty: DutyCity) -> None:
    titles = proposed(9, day=5)

    assert len(titles) == 6
    assert not any("在岗" in title or "不在班" in title for title in titles)

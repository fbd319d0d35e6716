"""Proposed hours: as good as the best of every small case, bounded, the rows behind each figure."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations_with_replacement

import factories
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from page_clients import signed_in

from chengguan.accounts.domain.principal import principal_of
from chengguan.command.roster.domain.flexible import covered, propose
from chengguan.command.roster.domain.hours import weeks
from chengguan.command.roster.domain.presence import Duty
from chengguan.command.roster.domain.rules import apply_rule
from chengguan.command.roster.risk import reports_seen, risk
from chengguan.core.errors import Invalid
from command.roster.duty_city import at, duty_city, rotation

demands = st.lists(st.integers(0, 6).map(float), min_size=24, max_size=24)


def best(demand: list[float], people: int, length: int, per_hour: float) -> float:
    found = 0.0
    for starts in combinations_with_replacement(range(24), people):
        staff = [0.0] * 24
        for start in starts:
            for number in range(length):
                staff[(start + number) % 24] += 1
        found = max(found, sum(covered(demand, staff, per_hour)))
    return found


@settings(max_examples=25, deadline=None)
@given(demands, st.integers(1, 3), st.integers(1, 10), st.sampled_from([0.5, 1.0, 2.5]))
def test_small_cases_reach_the_very_best(
    demand: list[float], people: int, length: int, per_hour: float
) -> None:
    made = propose(demand, people, length, per_hour)
    top = best(demand, people, length, per_hour)

    assert made.total >= 0.98 * top
    assert made.total <= top + 1e-9
    assert made.bound >= top - 1e-9


def test_an_evening_peak_moves_the_people_into_the_evening() -> None:
    demand = [0.0] * 8 + [1.0] * 9 + [4.0] * 5 + [0.0] * 2
    made = propose(demand, 4, 8, 1)

    assert made.total > sum(covered(demand, [0] * 8 + [4] * 8 + [0] * 8, 1))
    assert (made.total, made.bound) == (best(demand, 4, 8, 1), made.bound)


@pytest.mark.parametrize(("people", "length", "per_hour"), [(0, 8, 1), (1, 13, 1), (1, 8, 0)])
def test_what_makes_no_sense_is_refused(people: int, length: int, per_hour: float) -> None:
    with pytest.raises(Invalid):
        propose([1.0] * 24, people, length, per_hour)


@pytest.mark.django_db
def test_every_figure_is_the_count_of_its_rows() -> None:
    with time_machine.travel(at(31, 12, month=5), tick=False):
        made = duty_city()
        apply_rule(made.keeping, rotation(made), date(2026, 6, 1), date(2026, 6, 28))
    for day in range(1, 15):
        factories.report(at=at(day, 9, 30))
        factories.report(at=at(day, 20))
    # Who keeps the roster sees the cases of his area; a stranger sees none.
    with time_machine.travel(at(29, 0, 30), tick=True):
        found = risk(
            made.keeping, area_code=factories.DISTRICT, post="collector", weeks=4,
            people=None, length=8, per_hour=1,
        )  # fmt: skip
        seen = reports_seen(made.keeping, factories.DISTRICT, 4, 9)
        assert seen.count() == found.hours[9].reports == 14
        assert (found.reports, found.days) == (28, 28)
        assert [hour.before for hour in found.hours] == [1.0] * 24
        assert found.share_before == found.share_after == 100
        assert reports_seen(principal_of(factories.stranger()), "", 4).count() == 0
        page = signed_in(made.keeper).get("/roster/flexible/reports/?weeks=4&hour=9&area=310115")
        assert "上报 14 件" in page.content.decode()
        whole = signed_in(made.keeper).get("/roster/flexible/").content.decode()
        assert "hour=9" in whole


def duty(number: int, start: int, hours: int, day: int = 1, rest: int = 0) -> Duty:
    begins = at(day, start)
    return Duty(
        number, 1, "collector", "310115", 1, "A", "班", "day", begins,
        begins + timedelta(hours=hours), rest,
    )  # fmt: skip


def test_hours_are_held_against_the_law() -> None:
    # 1 June 2026 is a Monday.
    five = [duty(n, 8, 9, day=n, rest=60) for n in range(1, 6)]
    assert [(w.hours, w.passed) for w in weeks(five, date(2026, 6, 1), 1)] == [(40.0, ())]
    seven = [duty(n, 8, 8, day=n) for n in range(1, 8)]
    assert weeks(seven, date(2026, 6, 1), 1)[0].passed == ("week", "rest")
    assert weeks([duty(1, 8, 12)], date(2026, 6, 1), 1)[0].passed == ("day",)


def test_a_night_into_monday_belongs_to_both_weeks_by_its_hours() -> None:
    night = duty(1, 20, 12, day=7, rest=120)
    found = weeks([night], date(2026, 6, 1), 2)

    assert [round(week.hours, 2) for week in found] == [3.33, 6.67]

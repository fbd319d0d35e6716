"""Properties of rules: nobody twice, the day covered, the past untouched, whatever the rotation."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.command.models import Assignment, ShiftKind
from chengguan.command.roster.domain.coverage import Need, doubles, gaps
from chengguan.command.roster.domain.presence import Duty
from chengguan.command.roster.domain.rotation import Member, Plan, Rotation, Shift, expand
from chengguan.command.roster.domain.rules import apply_rule, save_rule
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from command.roster.duty_city import CYCLE, FIRST, SHIFTS, ZONE, DutyCity, at, duty_city, rotation

AREA = "310115501001"
STANDARD = tuple(Shift(c, n, p, s, e, 0, date(2026, 1, 1)) for c, n, p, s, e in SHIFTS)
hours = st.integers(0, 23).map(time)
shifts = st.builds(
    Shift,
    st.sampled_from("ABC"),
    st.just("班"),
    st.just("day"),
    hours,
    hours,
    st.just(0),
    st.dates(date(2026, 1, 1), date(2026, 2, 1)),
)


def every_day(day: date) -> bool:
    return True


def duties_of(plan: Plan) -> list[Duty]:
    return [
        Duty(
            number, one.user_id, one.post, one.area_code, 1, one.shift.code, one.shift.name,
            one.shift.period, one.starts_at, one.ends_at,
        )
        for number, one in enumerate(plan.duties)
    ]  # fmt: skip


@given(
    st.lists(shifts, min_size=1, max_size=6),
    st.lists(st.sampled_from(["A", "B", "C", ""]), min_size=1, max_size=9),
    st.integers(0, 9),
    st.integers(1, 5),
    st.integers(0, 40),
)
def test_nobody_is_ever_planned_twice_and_months_fit_together(
    kinds: list[Shift], cycle: list[str], step: int, teams: int, cut: int
) -> None:
    members = tuple(Member(number, number, AREA) for number in range(1, teams + 1))
    rule = Rotation("collector", tuple(cycle), step, date(2026, 1, 10), None, members)
    first, last = date(2026, 1, 1), date(2026, 3, 1)
    plan = expand(rule, kinds, first, last, every_day)

    assert doubles(duties_of(plan)) == []
    assert all(one.starts_at < one.ends_at <= one.starts_at + timedelta(1) for one in plan.duties)
    middle = first + timedelta(cut)
    parts = [
        *expand(rule, kinds, first, middle, every_day).duties,
        *expand(rule, kinds, middle + timedelta(1), last, every_day).duties,
    ]
    assert parts == list(plan.duties)


@given(st.dates(date(2026, 1, 1), date(2027, 6, 1)), st.integers(2, 60))
def test_a_full_rotation_covers_all_hours(first: date, days: int) -> None:
    members = tuple(Member(number, number, AREA) for number in range(1, 5))
    rule = Rotation("collector", CYCLE, 2, date(2026, 1, 1), None, members)
    last = first + timedelta(days)
    plan = expand(rule, STANDARD, first, last, every_day)
    need = Need(1, 1, "collector", AREA, "all", time(0), time(0), 1, date(2026, 1, 1), None)

    assert gaps([need], duties_of(plan), first, last, lambda _days, _day: True) == []
    total = sum((one.ends_at - one.starts_at for one in plan.duties), timedelta())
    assert total == timedelta(days + 1)


def test_a_gap_is_named_to_the_minute() -> None:
    members = (Member(1, 1, AREA),)
    rule = Rotation("collector", ("中",), 1, FIRST, None, members)
    plan = expand(rule, STANDARD, FIRST, FIRST, every_day)
    need = Need(1, 1, "collector", AREA[:9], "all", time(7), time(17), 1, FIRST, None)

    found = gaps([need], duties_of(plan), FIRST, FIRST, lambda _days, _day: True)
    assert [(gap.starts_at, gap.ends_at, gap.missing) for gap in found] == [
        (at(1, 7), at(1, 8), 1),
        (at(1, 16), at(1, 17), 1),
    ]


def test_overlapping_shifts_of_one_person_are_told_and_not_planned() -> None:
    kinds = [
        Shift("A", "夜", "night", time(20), time(8), 0, FIRST),
        Shift("B", "早", "day", time(6), time(14), 0, FIRST),
    ]
    rule = Rotation("collector", ("A", "B"), 1, FIRST, None, (Member(1, 1, AREA),))
    plan = expand(rule, kinds, FIRST, FIRST + timedelta(3), every_day)

    assert [one.shift.code for one in plan.duties] == ["A", "A"]
    assert [one.shift.code for one in plan.clashes] == ["B", "B"]


@pytest.mark.django_db
class TestApplied:
    """Applying a rule to the table."""

    @pytest.fixture
    def duty(self) -> DutyCity:
        with time_machine.travel(at(31, 12, month=5), tick=False):
            return duty_city()

    def test_a_past_day_is_never_changed_by_a_new_rule(self, duty: DutyCity) -> None:
        with time_machine.travel(at(31, 12, month=5), tick=False):
            rule = rotation(duty)
            apply_rule(duty.keeping, rule, date(2026, 6, 1), date(2026, 6, 30))
        now = at(10, 10)
        before = self._rows(now)
        with time_machine.travel(now, tick=False):
            turned = rotation(duty, rule=rule, cycle=tuple(reversed(CYCLE)))
            change = apply_rule(duty.keeping, turned, date(2026, 6, 1), date(2026, 6, 30))

        assert self._rows(now) == before
        assert len(before) == 29
        assert change.gone
        assert all(one.starts_at >= now for one in change.new)
        current = Assignment.objects.filter(ended_at=None)
        assert current.count() == 90

    def test_applied_twice_nothing_is_written(self, duty: DutyCity) -> None:
        with time_machine.travel(at(31, 12, month=5), tick=False):
            rule = rotation(duty)
            first = apply_rule(duty.keeping, rule, date(2026, 6, 1), date(2026, 6, 8))
            again = apply_rule(duty.keeping, rule, date(2026, 6, 1), date(2026, 6, 8))

        assert (len(first.new), len(again.new), again.gone, again.kept) == (24, 0, (), 24)

    def test_doubles_with_another_rule_are_refused_until_meant(self, duty: DutyCity) -> None:
        with time_machine.travel(at(31, 12, month=5), tick=False):
            apply_rule(duty.keeping, rotation(duty), date(2026, 6, 1), date(2026, 6, 2))
            other = rotation(duty, name="另一条", members=[(1, duty.people[0], AREA)])
            with pytest.raises(Conflict, match="重叠"):
                apply_rule(duty.keeping, other, date(2026, 6, 1), date(2026, 6, 2))
            assert Assignment.objects.filter(rule=other).count() == 0

    def test_shift_hours_hold_from_their_date_on(self, duty: DutyCity) -> None:
        ShiftKind.objects.create(
            organisation=duty.city.centre, code="中", name="中班", period="day",
            start=time(9), end=time(16), valid_from=date(2026, 6, 2),
        )  # fmt: skip
        with time_machine.travel(at(31, 12, month=5), tick=False):
            apply_rule(duty.keeping, rotation(duty), date(2026, 6, 1), date(2026, 6, 2))

        starts = Assignment.objects.filter(shift_code="中").order_by("starts_at")
        assert [one.starts_at for one in starts] == [at(1, 8), at(2, 9)]

    def test_only_the_units_keeper_makes_rules_and_shifts_must_be_known(
        self, duty: DutyCity
    ) -> None:
        given: dict[str, Any] = {
            "organisation": duty.city.centre, "name": "x", "post": "collector",
            "members": [(1, duty.people[0], AREA)], "valid_from": FIRST,
        }  # fmt: skip
        with pytest.raises(NotAllowed):
            save_rule(principal_of(duty.people[0]), cycle=["早"], **given)
        with pytest.raises(NotAllowed):
            save_rule(duty.keeping, cycle=["早"], **{**given, "organisation": duty.city.unit})
        with pytest.raises(Invalid, match="没有班次“晚”"):
            save_rule(duty.keeping, cycle=["晚"], **given)
        with pytest.raises(Invalid, match="两次"):
            save_rule(duty.keeping, cycle=["早"], **{**given, "members": given["members"] * 2})

    def test_the_past_is_filled_only_where_nothing_was_made(self, duty: DutyCity) -> None:
        loader = Principal.system("装载")
        with time_machine.travel(at(10, 12), tick=False):
            rule = rotation(duty)
            apply_rule(loader, rule, date(2026, 6, 1), date(2026, 6, 20), backfill=True)
            with pytest.raises(Conflict):
                apply_rule(loader, rule, date(2026, 6, 1), date(2026, 6, 20), backfill=True)
            assert Assignment.objects.count() == 60

    @staticmethod
    def _rows(now: datetime) -> list[tuple[object, ...]]:
        begun = Assignment.objects.filter(starts_at__lt=now).order_by("pk")
        return list(begun.values_list("pk", "user_id", "starts_at", "ends_at", "ended_at"))


def test_instants_are_the_citys() -> None:
    plan = expand(
        Rotation("collector", ("夜",), 1, FIRST, None, (Member(1, 1, AREA),)),
        STANDARD, FIRST, FIRST, every_day,
    )  # fmt: skip
    (one,) = plan.duties

    assert (one.starts_at, one.ends_at) == (
        datetime(2026, 6, 1, 16, tzinfo=ZONE),
        datetime(2026, 6, 2, 0, tzinfo=ZONE),
    )

"""On which dates something that recurs begins: examples by hand, and properties over any calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengguan.programmes.enums import OnDayOff, Rhythm
from chengguan.programmes.recurrence import Recurrence

# 2026: the first week of October is off, Saturday 10-10 is worked.
OFF = {date(2026, 10, day) for day in range(1, 8)}
MAKEUP = {date(2026, 10, 10)}


def works(day: date) -> bool:
    return day in MAKEUP or (day.isoweekday() < 6 and day not in OFF)


def _october(rule: Recurrence) -> list[int]:
    return [day.day for day in rule.between(date(2026, 10, 1), date(2026, 10, 31), works)]


@pytest.mark.parametrize(
    ("rhythm", "days", "off", "found"),
    [
        (Rhythm.WEEKLY, (3, 6), OnDayOff.SKIP, [10, 14, 21, 28]),
        (Rhythm.WEEKLY, (3, 6), OnDayOff.KEEP, [3, 7, 10, 14, 17, 21, 24, 28, 31]),
        # Saturdays go to their Fridays; those of the holiday week go back into September.
        (Rhythm.WEEKLY, (3, 6), OnDayOff.EARLIER, [10, 14, 16, 21, 23, 28, 30]),
        (Rhythm.MONTHLY, (5, 31), OnDayOff.SKIP, []),
        (Rhythm.MONTHLY, (5, 31), OnDayOff.EARLIER, [30]),
        (Rhythm.FIRST_WORKDAY, (), OnDayOff.SKIP, [8]),
    ],
)
def test_october(rhythm: str, days: tuple[int, ...], off: str, found: list[int]) -> None:
    assert _october(Recurrence(rhythm, days, date(2026, 1, 1), None, off)) == found


def test_what_a_moved_day_stands_for() -> None:
    rule = Recurrence(Rhythm.MONTHLY, (1, 5), date(2026, 1, 1), None, OnDayOff.EARLIER)
    assert rule.begins_on(date(2026, 9, 30), works)
    moved = rule.stands_for(date(2026, 9, 30), works)
    assert moved == [date(2026, 10, 1), date(2026, 10, 5)]


def test_a_short_month_has_the_rest_on_its_last_day() -> None:
    rule = Recurrence(Rhythm.MONTHLY, (30, 31), date(2026, 1, 1), None, OnDayOff.KEEP)
    found = list(rule.between(date(2026, 2, 1), date(2026, 3, 31), works))
    assert found == [date(2026, 2, 28), date(2026, 3, 30), date(2026, 3, 31)]


RULES = st.builds(
    Recurrence,
    st.sampled_from(Rhythm.values),
    st.sets(st.integers(1, 7), min_size=1).map(lambda found: tuple(sorted(found))),
    st.dates(date(2026, 1, 1), date(2026, 3, 1)),
    st.none() | st.dates(date(2026, 3, 1), date(2026, 6, 1)),
    st.sampled_from(OnDayOff.values),
)


@given(rule=RULES, off=st.sets(st.integers(0, 180)), cut=st.integers(0, 150))
def test_a_span_is_the_sum_of_its_parts(rule: Recurrence, off: set[int], cut: int) -> None:
    """Looked through in two parts nothing is lost or found twice, and everything keeps its rule."""
    start, end = date(2026, 1, 1), date(2026, 6, 10)
    closed = {start + timedelta(one) for one in off}
    middle = start + timedelta(cut)

    def open_(day: date) -> bool:
        return day not in closed

    whole = list(rule.between(start, end, open_))
    first = list(rule.between(start, middle, open_))
    rest = list(rule.between(middle + timedelta(1), end, open_))
    assert first + rest == whole
    assert whole == sorted(set(whole))
    for day in whole:
        assert rule.first <= day <= (rule.last or end)
        assert rule.on_day_off == OnDayOff.KEEP or open_(day) or rule.rhythm == Rhythm.FIRST_WORKDAY
        if rule.rhythm == Rhythm.FIRST_WORKDAY:
            assert open_(day)
    if rule.on_day_off == OnDayOff.EARLIER and rule.rhythm != Rhythm.FIRST_WORKDAY:
        # Each named day has exactly one beginning, itself or the one that stands for it.
        stood = [one for day in whole for one in rule.stands_for(day, open_)]
        assert len(stood) == len(set(stood))

"""Calendars of working time: closings, holidays, midnight and summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengguan.core.calendar import Hours
from chengguan.core.worktime import (
    CONTINUOUS,
    Calendar,
    CalendarExhausted,
    DayKind,
    from_epoch,
    to_epoch,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")

# National Day 2026: 1 to 7 October off; Sunday 20 September and Saturday 10 October worked.
CITY = Calendar.build(
    name="市",
    tz="Asia/Shanghai",
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    days={date(2026, 10, day): DayKind.HOLIDAY for day in range(1, 8)}
    | {date(2026, 9, 20): DayKind.MAKEUP, date(2026, 10, 10): DayKind.WORKDAY},
)
BOSTON = Calendar.build(
    name="Boston",
    tz="America/New_York",
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    hours=[(time(8), time(17))],
    days={date(2026, 7, 3): DayKind.HOLIDAY},
    workday_seconds=9 * 3600,
)


def china(*parts: int) -> int:
    return to_epoch(datetime(*parts, tzinfo=SHANGHAI))  # type: ignore[misc,arg-type]


def boston(*parts: int) -> int:
    return to_epoch(datetime(*parts, tzinfo=NEW_YORK))  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("start", "seconds", "end"),
    [
        pytest.param((2026, 11, 23, 17), 4 * 3600, (2026, 11, 24, 11), id="overnight"),
        pytest.param((2026, 11, 23, 17), 3600, (2026, 11, 23, 18), id="ends-at-close"),
        pytest.param((2026, 11, 23, 11), 3600, (2026, 11, 23, 12), id="ends-at-lunch"),
        pytest.param((2026, 11, 23, 11), 3601, (2026, 11, 23, 14, 0, 1), id="second-after-lunch"),
        pytest.param((2026, 11, 23, 12), 1, (2026, 11, 23, 14, 0, 1), id="starts-at-close"),
        pytest.param((2026, 11, 23, 13), 0, (2026, 11, 23, 13), id="nothing-while-closed"),
        pytest.param((2026, 11, 28, 9), 3600, (2026, 11, 30, 9), id="saturday"),
        pytest.param((2026, 11, 24, 0), 3600, (2026, 11, 24, 9), id="midnight"),
        pytest.param((2026, 9, 18, 18), 8 * 3600, (2026, 9, 20, 18), id="makeup-sunday"),
        pytest.param((2026, 9, 30, 18), 3600, (2026, 10, 8, 9), id="national-day"),
        pytest.param((2026, 10, 9, 18), 3600, (2026, 10, 10, 9), id="worked-saturday"),
    ],
)
def test_working_seconds_end_where_they_are_worked(
    start: tuple[int, ...], seconds: int, end: tuple[int, ...]
) -> None:
    assert CITY.add(china(*start), seconds) == china(*end)
    assert CITY.elapsed(china(*start), china(*end)) == seconds


def test_closed_time_adds_nothing() -> None:
    assert CITY.elapsed(china(2026, 11, 23, 18), china(2026, 11, 24, 8)) == 0
    assert CITY.elapsed(china(2026, 11, 24, 9), china(2026, 11, 24, 8)) == -3600
    assert CITY.is_open(china(2026, 11, 23, 8))
    assert not CITY.is_open(china(2026, 11, 23, 12))
    assert not CITY.is_open(china(2026, 1, 1, 0))


def test_a_year_has_its_working_days() -> None:
    weekdays = sum((date(2026, 1, 1) + timedelta(d)).weekday() < 5 for d in range(365))
    # Five of the seven holidays (1, 2, 5, 6, 7) are weekdays; two days are made up.
    assert CITY.elapsed(CITY.cover_start, CITY.cover_end) == (weekdays - 5 + 2) * 8 * 3600


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (china(2026, 1, 1) - 1, 1),
        (china(2027, 1, 1) + 1, 1),
        (china(2025, 6, 1), 0),
        (china(2026, 12, 31, 17), 3601),
    ],
)
def test_outside_the_coverage_is_refused(at: int, seconds: int) -> None:
    with pytest.raises(CalendarExhausted) as caught:
        CITY.add(at, seconds)
    assert caught.value.code == "calendar.exhausted"
    assert caught.value.message == (
        "工作日历“市”只覆盖 2026-01-01 至 2026-12-31，无法推算该范围之外的时限。"
    )
    with pytest.raises(CalendarExhausted):
        CITY.marks(at, seconds, seconds)


def test_the_last_instant_is_covered() -> None:
    assert CITY.add(china(2026, 12, 31, 17), 3600) == china(2026, 12, 31, 18)
    assert CITY.elapsed(china(2026, 12, 31, 17), china(2027, 1, 1)) == 3600


def test_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        CITY.add(china(2026, 11, 23), -1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 8), 23, id="spring-forward"),
        pytest.param(date(2026, 11, 1), 25, id="fall-back"),
        pytest.param(date(2026, 11, 2), 24, id="plain"),
    ],
)
def test_a_round_the_clock_day_has_its_real_length(day: date, hours: int) -> None:
    whole: Hours = [(time(0), time(0))]
    calendar = Calendar.build(
        name="24h", tz="America/New_York", first=day, last=day, hours=dict.fromkeys(range(7), whole)
    )
    assert calendar.elapsed(calendar.cover_start, calendar.cover_end) == hours * 3600
    assert len(calendar.intervals) == 1


def test_summer_time_moves_the_opening_not_the_hours() -> None:
    # Friday before and Monday after the change of 8 March 2026.
    assert BOSTON.elapsed(boston(2026, 3, 6, 8), boston(2026, 3, 9, 17)) == 18 * 3600
    assert BOSTON.add(boston(2026, 3, 6, 16), 7200) == boston(2026, 3, 9, 9)
    assert boston(2026, 3, 9, 9) - boston(2026, 3, 6, 9) == 3 * 86_400 - 3600
    assert BOSTON.add(boston(2026, 10, 30, 16), 7200) == boston(2026, 11, 2, 9)


def test_hours_that_the_change_skips_open_at_the_jump() -> None:
    night: Hours = [(time(2, 30), time(4))]
    calendar = Calendar.build(
        name="n",
        tz="America/New_York",
        first=date(2026, 3, 8),
        last=date(2026, 3, 8),
        hours={6: night},
    )
    assert calendar.intervals == [(boston(2026, 3, 8, 3), boston(2026, 3, 8, 4))]


def test_a_night_shift_opens_the_first_morning_and_ends_with_the_cover() -> None:
    shift: Hours = [(time(22), time(6))]
    calendar = Calendar.build(
        name="夜班",
        tz="Asia/Shanghai",
        first=date(2026, 11, 24),
        last=date(2026, 11, 25),
        hours=dict.fromkeys(range(7), shift),
    )
    assert calendar.intervals == [
        (china(2026, 11, 24), china(2026, 11, 24, 6)),
        (china(2026, 11, 24, 22), china(2026, 11, 25, 6)),
        (china(2026, 11, 25, 22), china(2026, 11, 26)),
    ]


def test_one_date_may_have_its_own_hours() -> None:
    calendar = Calendar.build(
        name="c",
        tz="Asia/Shanghai",
        first=date(2026, 11, 23),
        last=date(2026, 11, 29),
        days={date(2026, 11, 28): [(time(9), time(10))], date(2026, 11, 23): []},
        makeup_hours=[(time(9), time(12))],
    )
    assert calendar.add(china(2026, 11, 27, 18), 60) == china(2026, 11, 28, 9, 1)
    assert calendar.add(china(2026, 11, 23), 1) == china(2026, 11, 24, 8, 0, 1)
    makeup = Calendar.build(
        name="c",
        tz="Asia/Shanghai",
        first=date(2026, 11, 28),
        last=date(2026, 11, 28),
        days={date(2026, 11, 28): DayKind.MAKEUP},
        makeup_hours=[(time(9), time(12))],
    )
    assert makeup.intervals == [(china(2026, 11, 28, 9), china(2026, 11, 28, 12))]


def test_intervals_must_be_sorted_and_apart() -> None:
    for intervals in ([(5, 5)], [(0, 5), (4, 6)], [(6, 7), (0, 1)]):
        with pytest.raises(ValueError, match="sorted"):
            Calendar("x", "UTC", intervals)
    with pytest.raises(ValueError, match="outside the cover"):
        Calendar("x", "UTC", [(0, 5)], cover=(0, 4))


def test_an_empty_calendar_covers_nothing() -> None:
    with pytest.raises(CalendarExhausted):
        Calendar("x", "UTC", []).add(10, 1)


def test_continuous_time_has_no_end() -> None:
    assert CONTINUOUS.add(1_800_000_000, 86_400 * 36_500) == 1_800_000_000 + 86_400 * 36_500
    assert CONTINUOUS.elapsed(-5, 10) == 15


def test_natural_days_keep_the_wall_time() -> None:
    assert BOSTON.natural_add(boston(2026, 3, 7, 12), 86_400) == boston(2026, 3, 8, 12)
    assert BOSTON.natural_add(boston(2026, 3, 7, 2, 30), 86_400) == boston(2026, 3, 8, 3)
    assert BOSTON.natural_elapsed(boston(2026, 3, 7, 12), boston(2026, 3, 8, 12)) == 86_400
    assert BOSTON.natural_elapsed(boston(2026, 10, 31, 12), boston(2026, 11, 1, 12)) == 86_400
    assert BOSTON.natural_elapsed(10, 5) == 0


def test_epoch_is_utc_and_knows_no_leap_second() -> None:
    before = datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert to_epoch(before) == 1_483_228_799
    assert to_epoch(datetime(2017, 1, 1, tzinfo=UTC)) == 1_483_228_800
    assert to_epoch(datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == -1
    assert from_epoch(0, SHANGHAI) == datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)
    with pytest.raises(ValueError, match="naive"):
        to_epoch(datetime(2026, 1, 1))  # noqa: DTZ001


spans = st.lists(
    st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=8
)  # gap, length


@given(spans, st.integers(0, 100), st.integers(0, 400), st.integers(0, 400))
def test_adding_and_measuring_are_inverse(
    gaps: list[tuple[int, int]], lead: int, start: int, seconds: int
) -> None:
    intervals, at = [], 0
    for gap, length in gaps:
        intervals.append((at + gap, at + gap + length))
        at += gap + length
    calendar = Calendar("x", "UTC", intervals, cover=(-lead, at + 10))
    start = min(start - lead, at + 10)
    opened = sorted(t for a, b in intervals for t in range(a, b) if t >= start)
    if seconds > len(opened):
        with pytest.raises(CalendarExhausted):
            calendar.add(start, seconds)
        return
    expected = opened[seconds - 1] + 1 if seconds else start
    assert calendar.add(start, seconds) == expected
    assert calendar.elapsed(start, expected) == seconds
    early = seconds // 2
    assert calendar.marks(start, early, seconds) == (calendar.add(start, early), expected)
    assert calendar.marks(start, 0, seconds) == (start, expected)


def test_what_arrives_after_the_cut_off_counts_from_the_next_opening() -> None:
    zone = ZoneInfo("America/New_York")
    whole = Calendar.build(
        name="by date",
        tz="America/New_York",
        first=date(2011, 7, 1),
        last=date(2011, 7, 31),
        hours=((time(0), time(0)),),
        days={date(2011, 7, 4): DayKind.HOLIDAY},
        workday_seconds=86_400,
        arrivals=(time(17), time(8, 30)),
    )

    def due(day: int, hour: int, minute: int) -> tuple[int, int, int]:
        at = to_epoch(datetime(2011, 7, day, hour, minute, tzinfo=zone))
        done = from_epoch(whole.add(whole.arrival(at), 2 * 86_400), zone)
        return done.day, done.hour, done.minute

    assert due(5, 7, 42) == (7, 7, 42)
    assert due(5, 16, 59) == (7, 16, 59)
    assert due(5, 17, 0) == (8, 8, 30)
    assert due(7, 20, 0) == (12, 8, 30)
    assert due(1, 11, 0) == (6, 11, 0)
    assert due(2, 11, 0) == (7, 11, 0)
    assert due(2, 17, 5) == (8, 8, 30)

"""Local hours become instants here and nowhere else; dates are sorted by the working calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from chengguan.command.models.roster import Days
from chengguan.core.calendar import DAY, CalendarExhausted, to_epoch
from chengguan.core.errors import NotFound
from chengguan.workflow.domain.calendars import calendar

#: No shift is longer; so who is on duty at an instant began within this.
LONGEST = timedelta(hours=24)


def zone() -> ZoneInfo:
    """Give the city's time zone."""
    return ZoneInfo(timezone.get_default_timezone_name())


def instant(day: date, at: time) -> datetime:
    """Give the instant of a local hour; where clocks are put back, the first of the two."""
    return datetime.combine(day, at, zone())


def span(day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """Give the half-open instants of local hours on `day`; an end not after the start is tomorrow's."""
    last = day if end > start else day + timedelta(1)
    return instant(day, start), instant(last, end)


def days_from(first: date, last: date) -> Iterator[date]:
    """Yield the dates from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(number)


def is_workday(day: date) -> bool:
    """Say whether the city's calendar works on that date; beyond the calendar the weekday decides."""
    try:
        city = calendar("city")
        opens = to_epoch(instant(day, time()))
        return city.elapsed(opens, opens + DAY) > 0
    except (CalendarExhausted, NotFound):
        return day.weekday() < 5


def counts(days: str, day: date) -> bool:
    """Say whether a date is one of those a rule or a requirement speaks of (`Days`)."""
    return days == Days.ALL or is_workday(day) == (days == Days.WORK)

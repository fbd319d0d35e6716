"""When a schedule's starts fall due, by the city's calendar: instants between two instants, the next few."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from chengguan.core.errors import NotFound
from chengguan.core.worktime import CalendarExhausted, to_epoch
from chengguan.programmes.enums import OnDayOff
from chengguan.programmes.recurrence import Recurrence
from chengguan.workflow.domain.calendars import calendar

from ...roster.domain.spans import instant

#: How far the next starts are looked for.
HORIZON: Final = timedelta(days=400)
CALENDAR: Final = "city"


@dataclass(frozen=True, slots=True)
class Due:
    """One start: its local date, its instant, and the days off that it stands for."""

    day: date
    at: datetime
    instead_of: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next starts; `left_out` are days off between them, `said` why there are no more."""

    starts: list[Due] = field(default_factory=list)
    left_out: list[date] = field(default_factory=list)
    said: str = ""


def works(day: date) -> bool:
    """Say whether the city works on a date.

    Raises:
        CalendarExhausted: the calendar does not speak of it. NotFound: there is no calendar.
    """
    city = calendar(CALENDAR)
    return (
        city.elapsed(to_epoch(instant(day, time())), to_epoch(instant(day + timedelta(1), time())))
        > 0
    )


def due_between(rule: Recurrence, begin: time, after: datetime, until: datetime) -> list[Due]:
    """Give the starts later than `after` and no later than `until`, in order; raises as `works`."""
    first, last = timezone.localdate(after), timezone.localdate(until)
    found = [_due(rule, begin, day) for day in rule.between(first, last, works)]
    return [one for one in found if after < one.at <= until]


def ahead(rule: Recurrence, begin: time, after: datetime, count: int = 5) -> Ahead:
    """Give the next starts later than `after`, no further than the calendar and `HORIZON` reach."""
    found = Ahead()
    off: list[date] = []
    day = max(rule.first, timezone.localdate(after))
    end = day + HORIZON
    while day <= end and len(found.starts) < count:
        if rule.last is not None and day > rule.last:
            break
        try:
            begins = rule.begins_on(day, works)
            due = _due(rule, begin, day) if begins else None
        except (CalendarExhausted, NotFound) as error:
            return Ahead(found.starts, _before(off, found), error.message)
        if due is not None and due.at > after:
            found.starts.append(due)
        elif due is None and rule.on_day_off == OnDayOff.SKIP and rule.is_named(day):
            off.append(day)
        day += timedelta(1)
    return Ahead(found.starts, _before(off, found))


def _due(rule: Recurrence, begin: time, day: date) -> Due:
    meant = rule.stands_for(day, works) if rule.on_day_off == OnDayOff.EARLIER else []
    return Due(day, instant(day, begin), tuple(one for one in meant if one != day))


def _before(off: list[date], found: Ahead) -> list[date]:
    last = found.starts[-1].day if found.starts else date.min
    return [day for day in off if day < last]

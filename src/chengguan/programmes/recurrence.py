"""On which days something that recurs begins: a pure rule over dates and a working calendar.

Each date is asked by itself, so that no series has to be counted from its beginning and a date is
never found twice. What is worked is the caller's to say, one date at a time; it may refuse
(`CalendarExhausted`), for a missing year must not look like a holiday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from .enums import OnDayOff, Rhythm

#: Nobody is off for longer; a calendar that says so is a mistake, and the day is left out.
LONGEST_OFF: Final = 31
_DAY: Final = timedelta(1)

Works = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Days of a rhythm between two dates, both included (`last` None: without end).

    `days` are weekdays 1 (Monday) to 7, or dates of the month 1 to 31: a month that is too short
    has the rest on its last day. 每月首个工作日 needs none, and no rule for days off.
    """

    rhythm: str
    days: tuple[int, ...]
    first: date
    last: date | None = None
    on_day_off: str = OnDayOff.SKIP

    def begins_on(self, day: date, works: Works) -> bool:
        """Say whether it begins on a date, days off considered."""
        if day < self.first:
            return False
        if self.rhythm == Rhythm.FIRST_WORKDAY:
            return self._within(day) and works(day) and not _worked_before(day, works)
        if self.on_day_off == OnDayOff.KEEP:
            return self.is_named(day)
        if self.on_day_off == OnDayOff.SKIP:
            return self.is_named(day) and works(day)
        return bool(self.stands_for(day, works)) and works(day)

    def is_named(self, day: date) -> bool:
        """Say whether the rhythm names a date, worked or not."""
        if not self._within(day):
            return False
        if self.rhythm == Rhythm.WEEKLY:
            return day.isoweekday() in self.days
        is_last = (day + _DAY).day == 1
        return day.day in self.days or (is_last and any(one > day.day for one in self.days))

    def between(self, start: date, end: date, works: Works) -> Iterator[date]:
        """Yield the dates on which it begins from `start` to `end`, both included, in order."""
        day = max(start, self.first)
        until = end if self.last is None else min(end, self.last)
        while day <= until:
            if self.begins_on(day, works):
                yield day
            day += _DAY

    def stands_for(self, day: date, works: Works) -> list[date]:
        """Give what a beginning on `day` stands for: itself where named, and the days off behind it.

        Days off only where they are moved earlier.
        """
        found = [day] if self.is_named(day) else []
        if self.on_day_off != OnDayOff.EARLIER or self.rhythm == Rhythm.FIRST_WORKDAY:
            return found
        for offset in range(1, LONGEST_OFF + 1):
            later = day + timedelta(offset)
            if not self._within(later) or works(later):
                break
            if self.is_named(later):
                found.append(later)
        return found

    def _within(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def _worked_before(day: date, works: Works) -> bool:
    return any(works(day.replace(day=number)) for number in range(1, day.day))

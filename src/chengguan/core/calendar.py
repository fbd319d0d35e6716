"""Working time: calendars of open intervals.

A calendar is a sorted list of half-open intervals in integer epoch seconds
(UTC) with the open seconds before each, so that every question is one binary
search. Local hours become instants through `zoneinfo`, once, when the calendar
is built; leap seconds do not exist here, as in POSIX time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from chengguan.core.errors import DomainError

DAY: Final = 86_400
WORKDAY_SECONDS: Final = 8 * 3_600

Hours = Sequence[tuple[time, time]]
#: (cut-off, opening) of a rule of arrivals; see `Calendar.arrival`.
Arrivals = tuple[time, time]

#: 08:00-12:00 and 14:00-18:00, the default of `workflow.md`.
STANDARD_HOURS: Final[Hours] = ((time(8), time(12)), (time(14), time(18)))


class DayKind(Enum):
    """What a date is when it is not what its weekday says."""

    HOLIDAY = "holiday"  # 节假日: closed
    MAKEUP = "makeup"  # 调休上班: a weekend day that is worked
    WORKDAY = "workday"  # worked, whatever the weekday


class CalendarExhausted(DomainError):
    """An instant lies outside the dates a calendar covers (409)."""

    default_status = 409


class Calendar:
    """Open time as intervals `[start, end)` of epoch seconds.

    `cover` is the span the calendar speaks for; without it, the span from the
    first opening to the last closing. Outside it every question raises
    `CalendarExhausted`, because a missing year must not look like a holiday.
    """

    __slots__ = (
        "_after",
        "_before",
        "_ends",
        "_starts",
        "arrivals",
        "cover_end",
        "cover_start",
        "name",
        "tz",
        "workday_seconds",
    )

    def __init__(
        self,
        name: str,
        tz: str,
        intervals: Iterable[tuple[int, int]],
        *,
        cover: tuple[int, int] | None = None,
        workday_seconds: int = WORKDAY_SECONDS,
        arrivals: Arrivals | None = None,
    ) -> None:
        self.name = name
        self.arrivals = arrivals
        self.tz = ZoneInfo(tz)
        self.workday_seconds = workday_seconds
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []
        self._after: list[int] = []
        total = 0
        for start, end in intervals:
            if end <= start or (self._ends and start < self._ends[-1]):
                raise ValueError(f"intervals must be sorted, not empty and apart: {start}, {end}")
            self._starts.append(start)
            self._ends.append(end)
            self._before.append(total)
            total += end - start
            self._after.append(total)
        if cover is None:
            cover = (self._starts[0], self._ends[-1]) if self._starts else (0, 0)
        self.cover_start, self.cover_end = cover
        if self._starts and (self._starts[0] < cover[0] or self._ends[-1] > cover[1]):
            raise ValueError("intervals lie outside the cover")

    @classmethod
    def build(
        cls,
        *,
        name: str,
        tz: str,
        first: date,
        last: date,
        hours: Hours | Mapping[int, Hours] = STANDARD_HOURS,
        days: Mapping[date, DayKind | Hours] | None = None,
        makeup_hours: Hours | None = None,
        workday_seconds: int = WORKDAY_SECONDS,
        arrivals: Arrivals | None = None,
    ) -> Calendar:
        """Build from local hours for the dates `first` to `last`, both included.

        `hours` is one list of (open, close) for Monday to Friday, or a list per
        weekday (0 = Monday). A close at or before its open lies on the next
        day, so 00:00 as close is midnight at the day's end. `days` overrides
        single dates with a kind or with their own hours. A make-up day works
        its weekday's hours, else `makeup_hours`, else those of the first
        weekday that works.
        """
        zone = ZoneInfo(tz)
        week = hours if isinstance(hours, Mapping) else dict.fromkeys(range(5), hours)
        spare = makeup_hours or next((week[d] for d in range(7) if week.get(d)), ())
        opened = cls._daily(first, last, zone, week, days or {}, spare)
        cover = (_instant(first, time(0), zone), _instant(last + timedelta(1), time(0), zone))
        return cls(
            name,
            tz,
            _joined(opened, *cover),
            cover=cover,
            workday_seconds=workday_seconds,
            arrivals=arrivals,
        )

    @staticmethod
    def _daily(
        first: date,
        last: date,
        zone: ZoneInfo,
        week: Mapping[int, Hours],
        days: Mapping[date, DayKind | Hours],
        spare: Hours,
    ) -> Iterator[tuple[int, int]]:
        # One day early: a night shift of the eve opens the first morning.
        day = first - timedelta(1)
        while day <= last:
            kind = days.get(day)
            usual = week.get(day.weekday(), ())
            if kind is DayKind.HOLIDAY:
                usual = ()
            elif isinstance(kind, DayKind):
                usual = usual or spare
            elif kind is not None:
                usual = kind
            for opens, closes in usual:
                end_day = day if closes > opens else day + timedelta(1)
                yield _instant(day, opens, zone), _instant(end_day, closes, zone)
            day += timedelta(1)

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """The open intervals, for screens and for previews of a change."""
        return list(zip(self._starts, self._ends, strict=True))

    def opened(self, at: int) -> int:
        """Return the open seconds between the start of the cover and `at`."""
        if not self.cover_start <= at <= self.cover_end:
            raise self._exhausted(at)
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        end = self._ends[index]
        return self._after[index] - end + at if at < end else self._after[index]

    def elapsed(self, a: int, b: int) -> int:
        """Return the open seconds from `a` to `b`; negative when `b` is earlier."""
        return self.opened(b) - self.opened(a)

    def add(self, at: int, seconds: int) -> int:
        """Return the first instant by which `seconds` of open time have passed.

        So work that ends exactly at close is due at close, not at the next
        opening; zero seconds are due at once, open or not. Exact inverse:
        `elapsed(a, add(a, n)) == n`.
        """
        if seconds <= 0:
            if seconds < 0:
                raise ValueError("seconds must not be negative")
            self.opened(at)
            return at
        target = self.opened(at) + seconds
        index = bisect_left(self._after, target)
        if index == len(self._after):
            raise self._exhausted(self.cover_end)
        return self._starts[index] + target - self._before[index]

    def marks(self, at: int, early: int, late: int) -> tuple[int, int]:
        """Return `add(at, early)` and `add(at, late)` for `early <= late` in one search."""
        base = self.opened(at)
        after = self._after
        index = bisect_left(after, base + late)
        if late and index == len(after):
            raise self._exhausted(self.cover_end)
        end = self._starts[index] + base + late - self._before[index] if late else at
        if not early:
            return at, end
        index = bisect_left(after, base + early, 0, index)
        return self._starts[index] + base + early - self._before[index], end

    def is_open(self, at: int) -> bool:
        """Say whether `at` lies in working time."""
        self.opened(at)
        index = bisect_right(self._starts, at) - 1
        return index >= 0 and at < self._ends[index]

    def arrival(self, at: int) -> int:
        """Return the instant from which something that arrives at `at` is counted.

        Without a rule of arrivals that is `at` itself. With one, what arrives on a day off counts
        as if it had come at the same time of the next working date, and what comes at or after
        the cut-off from the opening of the working date that follows.
        """
        if self.arrivals is None:
            return at
        until, opening = self.arrivals
        local = from_epoch(at, self.tz)
        day, wall = local.date(), local.time()
        if self._works(day, opening):
            if wall < until:
                return at
        else:
            day = self._next_working(day, opening)
        if wall < until:
            return _instant(day, wall, self.tz)
        return _instant(self._next_working(day, opening), opening, self.tz)

    def _works(self, day: date, opening: time) -> bool:
        return self.is_open(_instant(day, opening, self.tz))

    def _next_working(self, day: date, opening: time) -> date:
        day += timedelta(1)
        while not self._works(day, opening):
            day += timedelta(1)
        return day

    def natural_add(self, at: int, seconds: int) -> int:
        """Return the instant whose local wall clock shows `seconds` later than at `at`.

        86,400 seconds are the same wall time on the next date also across a
        change to summer time. A wall time that the change skips is the instant
        of the change.
        """
        local = from_epoch(at, self.tz).replace(tzinfo=None) + timedelta(seconds=seconds)
        return _instant(local.date(), local.time(), self.tz)

    def natural_elapsed(self, a: int, b: int) -> int:
        """Return how far the local wall clock moved from `a` to `b`, never negative."""
        shift = _offset(b, self.tz) - _offset(a, self.tz)
        return max(0, b - a + shift) if b > a else 0

    def _exhausted(self, at: int) -> CalendarExhausted:
        covered = [from_epoch(t, self.tz).date().isoformat() for t in self._cover_days()]
        return CalendarExhausted(
            "calendar.exhausted",
            f"工作日历“{self.name}”只覆盖 {covered[0]} 至 {covered[1]}，无法推算该范围之外的时限。",
            mend="请先在工作日历中补录相应年度的节假日与调休安排。",
            calendar=self.name,
            at=at,
            first=covered[0],
            last=covered[1],
        )

    def _cover_days(self) -> tuple[int, int]:
        return self.cover_start, max(self.cover_start, self.cover_end - 1)

    def __repr__(self) -> str:
        return f"<Calendar {self.name} {self.tz.key} {len(self._starts)} intervals>"


def to_epoch(moment: datetime) -> int:
    """Return the epoch seconds of an aware datetime, fractions cut off."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no instant")
    return int((moment - _EPOCH) // timedelta(seconds=1))


def from_epoch(at: int, tz: ZoneInfo | None = None) -> datetime:
    """Return the aware datetime of epoch seconds, in UTC unless `tz` is given."""
    return datetime.fromtimestamp(at, tz or UTC)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _instant(day: date, wall: time, zone: ZoneInfo) -> int:
    local = datetime.combine(day, wall.replace(fold=0), zone)
    at = to_epoch(local)
    if from_epoch(at, zone).replace(tzinfo=None, fold=0) == local.replace(tzinfo=None):
        return at
    # The wall clock skips this time: the instant of the jump lies between the
    # readings before (fold=0, late) and after (fold=1, early) the change.
    early, late = to_epoch(local.replace(fold=1)), at
    before = _offset(early, zone)
    while late - early > 1:
        middle = (early + late) // 2
        if _offset(middle, zone) == before:
            early = middle
        else:
            late = middle
    return late


def _offset(at: int, zone: ZoneInfo) -> int:
    shift = from_epoch(at, zone).utcoffset()
    return int(shift.total_seconds()) if shift is not None else 0


def _joined(intervals: Iterable[tuple[int, int]], lower: int, upper: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(a, lower), min(b, upper)) for a, b in intervals):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


#: Never closed, without end: the clock of everything marked 紧急.
CONTINUOUS: Final = Calendar("continuous", "UTC", [(-(2**53), 2**53)])

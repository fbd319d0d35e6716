"""Hours of a person by week, held against the limits of the labour law. Pure.

Sources: 劳动法 art. 36 (8 hours a day, 44 a week; 国务院令第174号 art. 3 makes it 40), art. 38 (one
day of rest a week), art. 41 (overtime at most 3 hours a day and 36 a month). Where a unit works
under 综合计算工时 (劳部发〔1994〕503号) the weeks are averaged: the page says so and judges nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from .presence import Duty
from .spans import instant

WEEK_HOURS: Final = 40
WEEK_MOST: Final = 44
DAY_MOST: Final = 8 + 3
MONTH_OVERTIME: Final = 36
WORDS: Final = {
    "week": "一周超过 44 小时（劳动法第三十六条）",
    "day": "一日超过 11 小时（劳动法第四十一条：每日加班至多 3 小时）",
    "rest": "一周没有休息日（劳动法第三十八条）",
}


@dataclass(frozen=True, slots=True)
class Week:
    """One person's week from Monday: hours of work, and which limits are passed (keys of `WORDS`)."""

    user_id: int
    monday: date
    hours: float
    duties: int
    passed: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return [WORDS[one] for one in self.passed]


def weeks(duties: Iterable[Duty], monday: date, number: int) -> list[Week]:
    """Add up `number` weeks from a Monday; a duty over midnight counts by the hours of each side.

    Unpaid rest is taken off in proportion.
    """
    by_person: dict[int, list[Duty]] = {}
    for duty in duties:
        by_person.setdefault(duty.user_id, []).append(duty)
    found = []
    for user_id, own in sorted(by_person.items()):
        for count in range(number):
            first = monday + timedelta(7 * count)
            week = _week(user_id, first, own)
            if week.duties:
                found.append(week)
    return found


def work_hours(duty: Duty, first: datetime, last: datetime) -> float:
    """Give a duty's hours of work within `first <= t < last`."""
    inside = min(duty.ends_at, last) - max(duty.starts_at, first)
    seconds = max(0.0, inside.total_seconds())
    whole = duty.seconds
    return seconds * max(0.0, whole - duty.rest_minutes * 60) / whole / 3600


def _week(user_id: int, monday: date, own: Sequence[Duty]) -> Week:
    first = instant(monday, time())
    last = instant(monday + timedelta(7), time())
    mine = [duty for duty in own if duty.starts_at < last and duty.ends_at > first]
    days = []
    for number in range(7):
        start = instant(monday + timedelta(number), time())
        end = instant(monday + timedelta(number + 1), time())
        days.append(sum(work_hours(duty, start, end) for duty in mine))
    # A day's limit is a shift's: a night that began yesterday is not a second day's work.
    starts: dict[date, float] = {}
    for duty in mine:
        day = timezone.localtime(duty.starts_at).date()
        starts[day] = starts.get(day, 0.0) + work_hours(duty, duty.starts_at, duty.ends_at)
    hours = round(sum(days), 2)
    passed = []
    if hours > WEEK_MOST:
        passed.append("week")
    if any(one > DAY_MOST for one in starts.values()):
        passed.append("day")
    if mine and all(days):
        passed.append("rest")
    return Week(user_id, monday, hours, len(mine), tuple(passed))

"""Spans of time that figures are counted over: whole local days and hours, the end not included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from chengguan.core.errors import Invalid

NOW: Final = "now"
#: Code → (title, days before today it begins, days before today it ends).
_DAYS: Final = {
    "today": ("今日", 0, -1),
    "yesterday": ("昨日", 1, 0),
    "7d": ("近七日", 6, -1),
    "30d": ("近三十日", 29, -1),
    "90d": ("近九十日", 89, -1),
}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOUR: Final = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2})")


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` up to and without `end`; a standing count ("now") has neither."""

    code: str
    title: str
    start: datetime | None = None
    end: datetime | None = None


def window_of(code: str, at: datetime) -> Window:
    """Read a window as it stands in an address: `now`, `today`, `7d`, a day or an hour of a day.

    Raises:
        Invalid: there is no such window.
    """
    if code == NOW:
        return Window(code, "当前")
    today = timezone.localdate(at)
    if code in _DAYS:
        title, since, until = _DAYS[code]
        return _days(code, title, today - timedelta(since), today - timedelta(until))
    try:
        if _DAY.fullmatch(code):
            day = date.fromisoformat(code)
            return _days(code, code, day, day + timedelta(1))
        if found := _HOUR.fullmatch(code):
            start = midnight(date.fromisoformat(found[1])) + timedelta(hours=int(found[2]))
            if int(found[2]) < 24:
                title = f"{found[1]} {found[2]} 时"
                return Window(code, title, start, start + timedelta(hours=1))
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        "figures.window",
        f"没有时间范围“{code[:20]}”。",
        mend=f"可用 {NOW}、{'、'.join(_DAYS)}，或某日（2026-01-31）、某时（2026-01-31T09）。",
        field="window",
    )


def midnight(day: date) -> datetime:
    """Give the first instant of a local day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _days(code: str, title: str, first: date, after: date) -> Window:
    return Window(code, title, midnight(first), midnight(after))

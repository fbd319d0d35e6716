"""Working time: calendars (`core.calendar`) and the limits (处置时限) that run in it.

Source: filing standards after GB/T 30428.8; `紧急` decides that a limit runs
continuously, "小时" alone is 工作时 and "天" alone is 工作日.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final, Literal

from chengguan.core.calendar import (
    CONTINUOUS,
    DAY,
    STANDARD_HOURS,
    WORKDAY_SECONDS,
    Calendar,
    CalendarExhausted,
    DayKind,
    Hours,
    from_epoch,
    to_epoch,
)
from chengguan.core.errors import Invalid

__all__ = [
    "CONTINUOUS",
    "STANDARD_HOURS",
    "WORKDAY_SECONDS",
    "Calendar",
    "CalendarExhausted",
    "ClockMode",
    "DayKind",
    "Hours",
    "Limit",
    "LimitUnit",
    "add_time",
    "due",
    "elapsed_time",
    "from_epoch",
    "limit_text",
    "parse_limit",
    "to_epoch",
]

ClockMode = Literal["work", "continuous", "natural"]


class LimitUnit(StrEnum):
    """The unit of a limit; it decides how the clock runs."""

    SECOND = "second"
    MINUTE = "minute"
    URGENT_HOUR = "urgent_hour"
    URGENT_DAY = "urgent_day"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"


_MODES: Final[dict[LimitUnit, ClockMode]] = {
    LimitUnit.SECOND: "continuous",
    LimitUnit.MINUTE: "continuous",
    LimitUnit.URGENT_HOUR: "continuous",
    LimitUnit.URGENT_DAY: "continuous",
    LimitUnit.WORK_HOUR: "work",
    LimitUnit.WORK_DAY: "work",
    LimitUnit.NATURAL_DAY: "natural",
}
_SECONDS: Final = {
    LimitUnit.SECOND: 1,
    LimitUnit.MINUTE: 60,
    LimitUnit.URGENT_HOUR: 3_600,
    LimitUnit.URGENT_DAY: DAY,
    LimitUnit.WORK_HOUR: 3_600,
    LimitUnit.NATURAL_DAY: DAY,
}
_NAMES: Final = {
    LimitUnit.SECOND: "秒",
    LimitUnit.MINUTE: "分钟",
    LimitUnit.URGENT_HOUR: "紧急工作时",
    LimitUnit.URGENT_DAY: "紧急工作日",
    LimitUnit.WORK_HOUR: "工作时",
    LimitUnit.WORK_DAY: "工作日",
    LimitUnit.NATURAL_DAY: "自然日",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time in the unit the standard gives; zero means at once."""

    value: Decimal
    unit: LimitUnit

    def __init__(self, value: Decimal | int, unit: LimitUnit) -> None:
        number = Decimal(value)
        if not number.is_finite() or number < 0:
            raise Invalid("limit.value", "时限不能为负数。", mend="请填写大于或等于 0 的数。")
        object.__setattr__(self, "value", number)
        object.__setattr__(self, "unit", LimitUnit(unit))

    @property
    def mode(self) -> ClockMode:
        """How the clock runs: in working time, without a break, or by local dates."""
        return _MODES[self.unit]

    def seconds(self, calendar: Calendar) -> int:
        """Return the limit in seconds of its mode; 工作日 takes the calendar's length."""
        if self.unit is LimitUnit.WORK_DAY:
            each = calendar.workday_seconds
        else:
            each = _SECONDS[self.unit]
        return int((self.value * each).to_integral_value(ROUND_HALF_UP))


def due(at: int, limit: Limit, calendar: Calendar) -> int:
    """Return the instant (epoch seconds) at which a limit that starts at `at` ends."""
    return add_time(at, limit.seconds(calendar), limit.mode, calendar)


def add_time(at: int, seconds: int, mode: ClockMode, calendar: Calendar) -> int:
    """Return `at` plus `seconds` of the mode's own time."""
    if mode == "work":
        return calendar.add(at, seconds)
    if mode == "continuous":
        return at + seconds
    return calendar.natural_add(at, seconds)


def elapsed_time(a: int, b: int, mode: ClockMode, calendar: Calendar) -> int:
    """Return the seconds of the mode's own time from `a` to `b`.

    None have passed before work that arrived after hours begins to count (`Calendar.arrival`).
    """
    if mode == "work":
        return calendar.elapsed(a, b) if b > a else 0
    if mode == "continuous":
        return b - a
    return calendar.natural_elapsed(a, b)


_UNITS: Final = {
    "秒": LimitUnit.SECOND,
    "min": LimitUnit.MINUTE,
    "mins": LimitUnit.MINUTE,
    "minute": LimitUnit.MINUTE,
    "minutes": LimitUnit.MINUTE,
    "分": LimitUnit.MINUTE,
    "分钟": LimitUnit.MINUTE,
    "h": LimitUnit.WORK_HOUR,
    "时": LimitUnit.WORK_HOUR,
    "小时": LimitUnit.WORK_HOUR,
    "工时": LimitUnit.WORK_HOUR,
    "工作时": LimitUnit.WORK_HOUR,
    "工作小时": LimitUnit.WORK_HOUR,
    "d": LimitUnit.WORK_DAY,
    "天": LimitUnit.WORK_DAY,
    "日": LimitUnit.WORK_DAY,
    "工作日": LimitUnit.WORK_DAY,
    "工作天": LimitUnit.WORK_DAY,
    "自然日": LimitUnit.NATURAL_DAY,
    "自然天": LimitUnit.NATURAL_DAY,
    "日历日": LimitUnit.NATURAL_DAY,
    "日历天": LimitUnit.NATURAL_DAY,
}
_URGENT: Final = {
    LimitUnit.MINUTE: LimitUnit.MINUTE,
    LimitUnit.WORK_HOUR: LimitUnit.URGENT_HOUR,
    LimitUnit.WORK_DAY: LimitUnit.URGENT_DAY,
}
_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_PATTERN: Final = re.compile(
    r"(?P<before>紧急)?(?P<number>\d+(?:\.\d+)?|半|[零一二两三四五六七八九十]{1,3})个?"
    rf"(?P<after>紧急)?(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
    r"(?:以内|之内|内)?(?:制止|完成|恢复|处置)?"
)


def parse_limit(text: str) -> Limit:
    """Read a limit as cities write it: "2紧急工作时", "4小时", "3个工作日", "15 min".

    Raises `Invalid` with the text and the forms that are understood.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()
    match = _PATTERN.fullmatch(plain)
    number = _number(match["number"]) if match else None
    unit = _UNITS[match["unit"]] if match else None
    if match and unit and (match["before"] or match["after"]):
        unit = _URGENT.get(unit)
    if number is None or unit is None:
        raise Invalid(
            "limit.text",
            f"无法识别时限“{text}”。",
            mend="请写成“2紧急工作时”“4工作时”“3工作日”“7自然日”或“15分钟”。",
            text=text,
        )
    return Limit(number, unit)


def limit_text(limit: Limit) -> str:
    """Write a limit in the standard's words; `parse_limit` reads it back."""
    value = limit.value
    number = format(value.quantize(Decimal(1)) if value == int(value) else value.normalize(), "f")
    return number + _NAMES[limit.unit]


def _number(text: str) -> Decimal | None:
    if text == "半":
        return Decimal("0.5")
    if text[0].isdigit():
        return Decimal(text)
    tens, ten, ones = text.rpartition("十")
    if ten:
        if not {tens, ones} <= {"", *_DIGITS}:
            return None
        return Decimal((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))
    return Decimal(_DIGITS[text]) if len(text) == 1 else None

"""What a column may hold: its heads in Chinese and English, and how a cell is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from django.db.models import Choices
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .faults import Bad

Reader = Callable[[str], Any]
_DAY: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]00:00(?::00)?)?")
_CLOCK: Final = re.compile(r"(\d{1,2})[::](\d{2})(?::00)?")
_BY_SPREADSHEET: Final = re.compile(r"\d+(\.\d+)?e\+?\d+", re.IGNORECASE)
_YES: Final = {"是", "1", "true", "yes", "y", "t", "有"}
_NO: Final = {"否", "0", "false", "no", "n", "f", "无"}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an import: the staged name, its heads, how it is read, whether it must be."""

    name: str
    heads: tuple[str, ...]
    read: Reader
    required: bool = False
    # What an empty cell means; a callable is asked once per import.
    empty: Any = ""

    @property
    def title(self) -> str:
        """The head as faults name it."""
        return self.heads[0]


def text(longest: int) -> Reader:
    """Any text up to a length; control characters are not text."""

    def read(value: str) -> str:
        if len(value) > longest:
            raise Bad(f"超过 {longest} 个字（现 {len(value)} 个）。", "请缩短。")
        if "\0" in value:
            raise Bad("含有不可见的控制字符。", "请删除后重新输入。")
        return value

    return read


def digits(lengths: Sequence[int], form: str) -> Reader:
    """A code of digits of one of the lengths."""

    def read(value: str) -> str:
        if value.isascii() and value.isdigit() and len(value) in lengths:
            return value
        spreadsheet_number(value)
        widths = "、".join(str(length) for length in lengths)
        raise Bad(
            f"应为 {widths} 位数字（{form}），现为 {len(value)} 位。",
            "请核对代码；丢失的前导 0 请补齐。",
        )

    return read


def name_code(longest: int) -> Reader:
    """A code of letters, digits and -_.: without spaces."""

    def read(value: str) -> str:
        spreadsheet_number(value)
        if len(value) > longest:
            raise Bad(f"超过 {longest} 个字符。", "请缩短代码。")
        if re.search(r"\s|\0", value):
            raise Bad("代码中不能有空格。", "请删除空格。")
        return value

    return read


def spreadsheet_number(value: str) -> None:
    """Refuse a code that a spreadsheet has turned into a rounded number."""
    if _BY_SPREADSHEET.fullmatch(value):
        raise Bad("代码被表格软件存成了数字，末几位已丢失。", "请把该列设为“文本”格式后重新填写。")


def number(least: float | None = None, most: float | None = None) -> Reader:
    """A decimal number within bounds."""

    def read(value: str) -> float:
        try:
            found = float(value)
        except ValueError:
            raise Bad("不是数字。", "请填写数字，不要带单位。") from None
        if (
            found != found
            or (least is not None and found < least)
            or (most is not None and found > most)
        ):
            raise Bad(f"应在 {least} 与 {most} 之间。", "请核对数值。")
        return found

    return read


def whole(least: int, most: int) -> Reader:
    """A whole number within bounds."""

    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not least <= int(value) <= most:
            raise Bad(f"应为 {least} 至 {most} 的整数。", "请核对数值。")
        return int(value)

    return read


def day(value: str) -> date:
    """Read a date: 2026-07-01, 2026/7/1, 20260701 or 2026年7月1日."""
    match = _DAY.fullmatch(value)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise Bad("不是有效的日期。", "请写成 2026-07-01。")


def moment(value: str) -> datetime:
    """Read a date and time; without an offset it is local time."""
    try:
        found = parse_datetime(value.replace("/", "-"))
    except ValueError:
        found = None
    if found is None:
        found = datetime.combine(day(value), time())
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def clock(value: str) -> time:
    """Read a time of day: 08:30."""
    match = _CLOCK.fullmatch(value)
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return time(int(match[1]), int(match[2]))
    raise Bad("不是有效的时间。", "请写成 08:30。")


def yes(value: str) -> bool:
    """Read yes or no."""
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise Bad("应为“是”或“否”。", "请填写“是”或“否”。")


def choice(options: type[Choices], also: Mapping[str, str] | None = None) -> Reader:
    """A choice by value or Chinese label; `also` are further words."""
    words = {str(value): str(value) for value in options.values}
    words |= {str(label): str(value) for value, label in options.choices}
    words |= also or {}

    def read(value: str) -> str:
        found = words.get(value)
        if found is None:
            known = "、".join(str(label) for label in options.labels)
            raise Bad("不是可选的值。", f"请填写：{known}。")
        return found

    return read


def many(each: Reader) -> Reader:
    """A list in one cell, parted by 、，,;； or spaces; doubles are taken once."""

    def read(value: str) -> list[Any]:
        return list(dict.fromkeys(each(part) for part in re.split(r"[、,，;；\s]+", value) if part))

    return read


def weekdays(value: str) -> list[int]:
    """Read weekdays: "1,2,3", "12345", "周一至周五" or "一二三四五"."""
    plain = value.replace("星期", "").replace("周", "").replace("天", "日")
    names = "一二三四五六日"
    spelled = "".join(str(names.index(c) + 1) if c in names else c for c in plain)
    span = re.fullmatch(r"([1-7])[-~—–至到]+([1-7])", spelled)
    if span and span[1] <= span[2]:
        return list(range(int(span[1]), int(span[2]) + 1))
    found = re.sub(r"[、,，;；\s]+", "", spelled)
    if not re.fullmatch(r"[1-7]{1,7}", found):
        raise Bad("不是有效的星期。", "请写成“周一至周五”或“1,2,3,4,5”。")
    return sorted({int(c) for c in found})

"""Codes of areas, grids, components, matters and cases, and what they are made of.

Source: GB/T 47678.3 and .5 (grid 6+3+3+3, component 6+2+3+6, matter 6+2+3), the
older CJ/T 213 and GB/T 30428.2 forms one digit shorter, GB/T 2260 for areas.
"""

from __future__ import annotations

import re
from datetime import date
from enum import IntEnum
from typing import Final, NamedTuple

from chengguan.core.errors import Invalid


class AreaLevel(IntEnum):
    """The level of an area; the value is the number of digits of its code."""

    PROVINCE = 2
    CITY = 4
    DISTRICT = 6
    STREET = 9
    COMMUNITY = 12
    GRID = 15


class GridCode(NamedTuple):
    """单元网格标识码: a community and the grid's number in it (from 001)."""

    text: str
    community: str
    sequence: int
    legacy: bool


class ComponentCode(NamedTuple):
    """管理部件标识码; `kind` is the class, 2 + 3 digits (legacy 2 + 2)."""

    text: str
    district: str
    kind: str
    sequence: int
    legacy: bool


class MatterCode(NamedTuple):
    """管理事项代码; `kind` is the class, 2 + 3 digits (legacy 2 + 2)."""

    text: str
    district: str
    kind: str
    legacy: bool


class CaseNumber(NamedTuple):
    """案件编码: district, day of intake, number of that day (1 to 99999)."""

    district: str
    day: date
    sequence: int


CASES_PER_DAY: Final = 99_999
_LENGTHS: Final = {level.value: level for level in AreaLevel}


def area_level(code: str) -> AreaLevel:
    """Return the level of an area code by its length (2, 4, 6, 9, 12 or 15 digits)."""
    level = _LENGTHS.get(len(code))
    if level is None or not _is_area(code):
        raise _invalid("area", "区划代码", code, "2、4、6、9、12 或 15 位数字，且首位不为 0")
    return level


def ancestors(code: str) -> list[str]:
    """Return the codes above `code`, the province first, `code` itself left out."""
    area_level(code)
    return [code[:length] for length in _LENGTHS if length < len(code)]


def trim_area_code(code: str) -> str:
    """Cut the zeros that fill short area codes: 310115000000 is 310115.

    A street that is all zeros can't be told from a filled district code, and
    the standard gives none; the same for cities (直辖市 use 01 and 02).
    """
    if len(code) not in _LENGTHS or not code.isascii() or not code.isdigit():
        raise _invalid("area", "区划代码", code, "2、4、6、9、12 或 15 位数字")
    for level in sorted(_LENGTHS):
        if level <= len(code) and not code[level:].strip("0"):
            return code[:level]
    return code


def parse_grid_code(code: str) -> GridCode:
    """Read a grid code of 15 digits, or 14 of the older standard."""
    text = _digits("grid", "单元网格标识码", code, (15, 14), "6位区划+3位街道+3位社区+3位顺序码")
    sequence = int(text[12:])
    if not sequence:
        raise _invalid("grid", "单元网格标识码", code, "顺序码自 001 起")
    return GridCode(text, text[:12], sequence, len(text) == 14)


def parse_component_code(code: str) -> ComponentCode:
    """Read a component code of 17 digits, or 16 of the older standard."""
    form = "6位区划+2位大类+3位小类+6位顺序码"
    text = _digits("component", "部件标识码", code, (17, 16), form)
    sequence = int(text[-6:])
    if not sequence:
        raise _invalid("component", "部件标识码", code, "顺序码自 000001 起")
    return ComponentCode(text, text[:6], text[6:-6], sequence, len(text) == 16)


def parse_matter_code(code: str) -> MatterCode:
    """Read a matter code of 11 digits, or 10 of the older standard."""
    text = _digits("matter", "事项代码", code, (11, 10), "6位区划+2位大类+3位小类")
    return MatterCode(text, text[:6], text[6:], len(text) == 10)


def case_number(area6: str, day: date, seq: int) -> str:
    """Return the case number of 19 digits: 6 area + 8 date + 5 sequence."""
    if len(area6) != 6 or not _is_area(area6):
        raise _invalid("area", "区划代码", area6, "6 位县级区划代码")
    if not 1 <= seq <= CASES_PER_DAY:
        raise Invalid(
            "code.case_sequence",
            f"案件顺序号 {seq} 超出范围，每日每区最多 {CASES_PER_DAY} 件。",
            mend="请改用下级区划代码分别编号。",
            sequence=seq,
        )
    return f"{area6}{day:%Y%m%d}{seq:05d}"


def parse_case_number(number: str) -> CaseNumber:
    """Read a case number of 19 digits; raises `Invalid` for an impossible date too."""
    text = _digits("case", "案件编码", number, (19,), "6位区划+8位日期+5位顺序号")
    try:
        day = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise _invalid("case", "案件编码", number, "第 7 至 14 位为真实日期") from None
    sequence = int(text[14:])
    if not sequence:
        raise _invalid("case", "案件编码", number, "顺序号自 00001 起")
    return CaseNumber(text[:6], day, sequence)


def _is_area(code: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]+", code) is not None


def _digits(kind: str, name: str, code: str, lengths: tuple[int, ...], form: str) -> str:
    text = code.strip()
    if len(text) not in lengths or not _is_area(text):
        widths = "或旧标准 ".join(f"{length} 位" for length in lengths)
        raise _invalid(kind, name, code, f"{widths}数字（{form}）")
    return text


def _invalid(kind: str, name: str, code: str, form: str) -> Invalid:
    return Invalid(
        f"code.{kind}",
        f"{name}“{code}”不正确，应为{form}。",
        mend="请核对后重新填写。",
        value=code,
    )

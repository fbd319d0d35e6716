"""Codes of areas, grids, components, matters and cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from chengguan.core.codes import (
    AreaLevel,
    CaseNumber,
    ComponentCode,
    GridCode,
    MatterCode,
    ancestors,
    area_level,
    case_number,
    parse_case_number,
    parse_component_code,
    parse_grid_code,
    parse_matter_code,
    trim_area_code,
)
from chengguan.core.errors import Invalid


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("31", AreaLevel.PROVINCE),
        ("3101", AreaLevel.CITY),
        ("310115", AreaLevel.DISTRICT),
        ("310115005", AreaLevel.STREET),
        ("310115005003", AreaLevel.COMMUNITY),
        ("310115005003001", AreaLevel.GRID),
    ],
)
def test_the_length_says_the_level(code: str, level: AreaLevel) -> None:
    assert area_level(code) is level
    assert len(code) == level


def test_ancestors_come_from_the_top() -> None:
    assert ancestors("310115005003001") == [
        "31",
        "3101",
        "310115",
        "310115005",
        "310115005003",
    ]
    assert ancestors("31") == []


@pytest.mark.parametrize(
    "code", ["", "3", "310", "31011500500300", "3101a5", "031015", "３１", "31 1"]
)
def test_what_is_no_area_code_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="区划代码"):
        ancestors(code)


@pytest.mark.parametrize(
    ("filled", "code"),
    [
        ("310000000000", "31"),
        ("310100000000", "3101"),
        ("310115000000", "310115"),
        ("310115005000", "310115005"),
        ("310115005003", "310115005003"),
        ("310000", "31"),
        ("110100", "1101"),
        ("31", "31"),
    ],
)
def test_filling_zeros_are_cut(filled: str, code: str) -> None:
    assert trim_area_code(filled) == code


def test_codes_are_taken_apart() -> None:
    assert parse_grid_code(" 310115005003027 ") == GridCode(
        "310115005003027", "310115005003", 27, legacy=False
    )
    assert parse_grid_code("31011500500327") == GridCode(
        "31011500500327", "310115005003", 27, legacy=True
    )
    assert parse_component_code("31011501001000042") == ComponentCode(
        "31011501001000042", "310115", "01001", 42, legacy=False
    )
    assert parse_component_code("3101150101000042") == ComponentCode(
        "3101150101000042", "310115", "0101", 42, legacy=True
    )
    assert parse_matter_code("31011506051") == MatterCode(
        "31011506051", "310115", "06051", legacy=False
    )
    assert parse_matter_code("3101150136") == MatterCode(
        "3101150136", "310115", "0136", legacy=True
    )


@pytest.mark.parametrize(
    ("parse", "code", "message"),
    [
        (
            parse_grid_code,
            "3101150050030",
            (
                "单元网格标识码“3101150050030”不正确，应为15 位或旧标准 14 位数字"
                "（6位区划+3位街道+3位社区+3位顺序码）。"
            ),
        ),
        (
            parse_grid_code,
            "310115005003000",
            "单元网格标识码“310115005003000”不正确，应为顺序码自 001 起。",
        ),
        (
            parse_component_code,
            "3101150100100004x",
            (
                "部件标识码“3101150100100004x”不正确，应为17 位或旧标准 16 位数字"
                "（6位区划+2位大类+3位小类+6位顺序码）。"
            ),
        ),
        (
            parse_component_code,
            "31011501001000000",
            "部件标识码“31011501001000000”不正确，应为顺序码自 000001 起。",
        ),
        (
            parse_matter_code,
            "",
            "事项代码“”不正确，应为11 位或旧标准 10 位数字（6位区划+2位大类+3位小类）。",
        ),
        (
            parse_case_number,
            "3101152026022900001",
            "案件编码“3101152026022900001”不正确，应为第 7 至 14 位为真实日期。",
        ),
        (
            parse_case_number,
            "3101152026112300000",
            "案件编码“3101152026112300000”不正确，应为顺序号自 00001 起。",
        ),
    ],
)
def test_a_wrong_code_says_what_is_right(
    parse: Callable[[str], object], code: str, message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        parse(code)
    assert caught.value.message == message
    assert caught.value.mend == "请核对后重新填写。"


def test_case_numbers_are_sortable_and_reversible() -> None:
    number = case_number("310115", date(2026, 11, 23), 42)
    assert number == "3101152026112300042"
    assert len(number) == 19
    assert parse_case_number(number) == CaseNumber("310115", date(2026, 11, 23), 42)
    assert case_number("310115", date(2026, 11, 23), 99_999) < case_number(
        "310115", date(2026, 11, 24), 1
    )


@pytest.mark.parametrize("sequence", [0, -1, 100_000])
def test_a_day_has_room_for_99999_cases(sequence: int) -> None:
    with pytest.raises(Invalid, match="每日每区最多 99999 件"):
        case_number("310115", date(2026, 11, 23), sequence)


def test_a_case_belongs_to_a_district() -> None:
    with pytest.raises(Invalid, match="6 位县级区划代码"):
        case_number("3101", date(2026, 11, 23), 1)

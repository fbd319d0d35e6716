"""Limits as cities write them, and the worked examples of the procedure."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengguan.core.errors import Invalid
from chengguan.core.worktime import Limit, LimitUnit, due, limit_text, parse_limit

from .test_calendar import BOSTON, CITY, boston, china

U = LimitUnit


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        # Every form that occurs in the 534 rows of a running city's standard.
        ("1天", 1, U.WORK_DAY),
        ("15天", 15, U.WORK_DAY),
        ("4小时", 4, U.WORK_HOUR),
        ("4工作时", 4, U.WORK_HOUR),
        ("20工作日", 20, U.WORK_DAY),
        ("2紧急工作时", 2, U.URGENT_HOUR),
        ("1紧急工作日", 1, U.URGENT_DAY),
        ("1紧急工作时制止", 1, U.URGENT_HOUR),
        # And forms of other cities.
        ("3个工作日", 3, U.WORK_DAY),
        ("3 个 工作日 内", 3, U.WORK_DAY),
        ("紧急2小时", 2, U.URGENT_HOUR),
        ("15 min", 15, U.MINUTE),
        ("30分钟", 30, U.MINUTE),
        ("紧急30分钟", 30, U.MINUTE),
        ("７自然日", 7, U.NATURAL_DAY),
        ("7个自然日以内", 7, U.NATURAL_DAY),
        ("24H", 24, U.WORK_HOUR),
        ("两小时", 2, U.WORK_HOUR),
        ("十五天", 15, U.WORK_DAY),
        ("二十工作日", 20, U.WORK_DAY),
        ("半天", Decimal("0.5"), U.WORK_DAY),
        ("1.5小时", Decimal("1.5"), U.WORK_HOUR),
        ("0天", 0, U.WORK_DAY),
    ],
)
def test_limits_are_read(text: str, value: Decimal | int, unit: LimitUnit) -> None:
    assert parse_limit(text) == Limit(value, unit)


@pytest.mark.parametrize(
    "text",
    ["", "尽快", "3", "天", "-1天", "2周", "紧急3自然日", "3天2小时", "1e3天", "十十天", "三五天"],
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_limit(text)
    assert caught.value.code == "limit.text"
    assert caught.value.message == f"无法识别时限“{text}”。"


@given(
    st.decimals(min_value=0, max_value=9999, places=2),
    st.sampled_from(list(LimitUnit)),
)
def test_writing_and_reading_are_inverse(value: Decimal, unit: LimitUnit) -> None:
    limit = Limit(value, unit)
    assert parse_limit(limit_text(limit)) == limit


def test_limits_are_written_in_the_standards_words() -> None:
    assert limit_text(Limit(2, U.URGENT_HOUR)) == "2紧急工作时"
    assert limit_text(Limit(Decimal("20.0"), U.WORK_DAY)) == "20工作日"
    assert limit_text(Limit(Decimal("0.50"), U.NATURAL_DAY)) == "0.5自然日"


@pytest.mark.parametrize("value", [-1, Decimal("NaN"), Decimal("Infinity")])
def test_an_impossible_amount_is_refused(value: Decimal | int) -> None:
    with pytest.raises(Invalid, match="时限不能为负数"):
        Limit(value, U.MINUTE)


def test_the_two_worked_examples() -> None:
    assert due(china(2026, 11, 23, 22, 36), parse_limit("2紧急工作时"), CITY) == china(
        2026, 11, 24, 0, 36
    )
    assert due(china(2026, 11, 23, 17), parse_limit("4工作时"), CITY) == china(2026, 11, 24, 11)
    # On a Friday, and before the National Day week.
    assert due(china(2026, 11, 27, 17), parse_limit("4工作时"), CITY) == china(2026, 11, 30, 11)
    assert due(china(2026, 9, 30, 17), parse_limit("4工作时"), CITY) == china(2026, 10, 8, 11)


def test_each_unit_has_its_clock() -> None:
    friday = china(2026, 11, 27, 9)
    assert due(friday, Limit(15, U.MINUTE), CITY) == china(2026, 11, 27, 9, 15)
    assert due(friday, Limit(2, U.URGENT_DAY), CITY) == china(2026, 11, 29, 9)
    assert due(friday, Limit(1, U.WORK_DAY), CITY) == china(2026, 11, 30, 9)
    assert due(friday, Limit(3, U.NATURAL_DAY), CITY) == china(2026, 11, 30, 9)
    assert due(friday, Limit(0, U.WORK_DAY), CITY) == friday


def test_a_working_day_is_as_long_as_the_calendar_says() -> None:
    assert Limit(2, U.WORK_DAY).seconds(CITY) == 16 * 3600
    assert Limit(2, U.WORK_DAY).seconds(BOSTON) == 18 * 3600
    # Two 9-hour days from Thursday noon, over the observed Fourth of July (Friday the 3rd).
    assert due(boston(2026, 7, 2, 12), Limit(2, U.WORK_DAY), BOSTON) == boston(2026, 7, 7, 12)


def test_fractions_are_rounded_to_the_second() -> None:
    assert Limit(Decimal("0.33"), U.MINUTE).seconds(CITY) == 20
    assert Limit(Decimal("0.0001"), U.WORK_HOUR).seconds(CITY) == 0

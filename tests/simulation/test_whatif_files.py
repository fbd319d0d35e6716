"""Plans as files: what is shipped, what may be left out, and what is refused with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chengguan.config.paths import ROOT
from chengguan.core.errors import Invalid
from chengguan.simulation.whatif.lines import line_of
from chengguan.simulation.whatif.question import ask, calendar_of, check_size, read_plan

from .small import CALENDARS, DEFAULT, small

WHATIF = ROOT / "data" / "simulation" / "whatif"


def test_the_shipped_plans_can_be_compared_with_the_shipped_city() -> None:
    base = ("default.toml", DEFAULT.read_text(encoding="utf-8"))
    others = sorted(WHATIF.glob("*.toml"))
    assert len(others) >= 4
    for path in others:
        other = (path.name, path.read_text(encoding="utf-8"))
        asked = ask(base, other, days=30, seeds=20, calendars=CALENDARS)
        assert asked.changed
        assert asked.base_title == "现状"
        assert asked.other_title not in ("", path.stem, "现状")


def test_a_plan_may_say_only_its_changes() -> None:
    base = DEFAULT.read_text(encoding="utf-8")
    said = '[plan]\nchanges = true\n[[units]]\ncode = "MUNI"\ncrews = 6\n'
    plan = read_plan("b.toml", said, over=base)
    whole = read_plan("a.toml", base)
    assert [one.code for one in plan.units] == [one.code for one in whole.units]
    assert plan.unit("MUNI") == replace(whole.unit("MUNI"), crews=6)
    assert replace(plan, units=whole.units, plan=whole.plan) == whole
    with pytest.raises(Invalid, match="不能作基准方案"):
        read_plan("b.toml", said)
    with pytest.raises(Invalid, match=r"b\.toml 第 5 行：.*MUNI"):
        read_plan("b.toml", said.replace("crews = 6", "speed_kmh = 0"), over=base)


def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(Invalid, match=r"坏\.toml 第 2 行第 5 列不是有效的 TOML"):
        read_plan("坏.toml", "[city]\nname\n")


def test_a_wrong_field_is_told_with_its_line() -> None:
    text = DEFAULT.read_text(encoding="utf-8").replace("crews = 4", "crews = 0", 1)
    line = next(n for n, one in enumerate(text.splitlines(), 1) if one == "crews = 0")
    with pytest.raises(Invalid) as refused:
        read_plan("x.toml", text.replace("crews = 0", 'crews = "四"'))
    assert str(refused.value).startswith(f"x.toml 第 {line} 行：")
    assert refused.value.field == "units[2].crews"


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("city.name", 2),
        ("matters.02.limit", 8),
        ("matters[1].limit", 5),
        ("matters.02.nothing", 6),
        ("collectors.shifts[2].places", 10),
        ("sea.depth", None),
    ],
)
def test_lines_of_fields(field: str, line: int | None) -> None:
    text = (
        '[city]\nname = "a"\n[[matters]]\ncode = "01"\nlimit = "1"\n'
        '[[matters]]\ncode = "02"\nlimit = "2"\n[collectors]\nshifts = []\n'
    )
    assert line_of(text, field) == line


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"matters": {"07001": {"per_day": 1e9}}}, "days"),
        ({"matters": {"07001": {"rain": 1e9}}}, "days"),
        ({"cameras": {"false_per_day": 1e9}}, "days"),
        ({"city": {"grids": 30_000, "communities": 100}}, "city.grids"),
        ({"desks": {"acceptors": 10**9}}, "collectors.number"),
        ({"collectors": {"grid_minutes": 0.5, "number": 15_000}}, "collectors.grid_minutes"),
    ],
)
def test_too_much_is_refused_before_it_begins(changed: Mapping[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_size(small(20, **changed), 100, 50)
    assert (refused.value.code, refused.value.field) == ("whatif.size", field)


def test_days_beyond_the_calendar_are_refused() -> None:
    base = DEFAULT.read_text(encoding="utf-8").replace("start = 2025-03-03", "start = 2027-12-20")
    other = ("b", "[plan]\nchanges = true\n[collectors]\nnumber = 30\n")
    assert ask(("a", base), other, days=5, seeds=20, calendars=CALENDARS).changed
    with pytest.raises(Invalid, match="不覆盖"):
        ask(("a", base), other, days=30, seeds=20, calendars=CALENDARS)


@pytest.mark.parametrize(
    "line",
    [
        "number = inf",
        "number = nan",
        "grid_minutes = inf",
        "grid_minutes = nan",
        f"number = {'9' * 5000}",
        f"number = {'9' * 400}",
        f"number = {'[' * 5000}",
        "number = true",
        'number = "\\u0000"',
        "number = -1",
        "number = 2025-01-01",
        "shifts = [1]",
        "shifts = [{ number = 1 }]",
    ],
)
def test_whatever_a_file_says_is_refused_in_words(line: str) -> None:
    text = f"[plan]\nchanges = true\n[collectors]\n{line}\n"
    with pytest.raises(Invalid) as refused:
        read_plan("x.toml", text, over=DEFAULT.read_text(encoding="utf-8"))
    assert str(refused.value).startswith("x.toml")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"city": {"reference_grids": 0}}, "city.reference_grids"),
        ({"city": {"utc_offset_hours": 99}}, "city.utc_offset_hours"),
        ({"inspection": {"grids_per_day": 10**9}}, "inspection.grids_per_day"),
        ({"units": {"ADS": {"code": "A/S"}}}, "units.A/S.code"),
        ({"units": {"ADS": {"code": "clean"}}}, "units"),
        ({"plan": {"title": "a\x00b"}}, "plan.title"),
    ],
)
def test_impossible_cities_are_named(changed: Mapping[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        small(20, **changed)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["../calendars/cn-2025-2027.toml", "none.toml", ""])
def test_a_calendar_is_one_of_the_shipped(name: str) -> None:
    base = small(20, city={"calendar": name})
    with pytest.raises(Invalid, match="没有工作日历"):
        calendar_of(base, CALENDARS)

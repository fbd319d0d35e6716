"""Two plans read and held against each other before anything is lived."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import prod
from pathlib import Path
from typing import Any, Final

from chengguan.core.calendar import DAY, Calendar
from chengguan.core.errors import DomainError, Invalid
from chengguan.workflow.domain.calendar_content import build, read_toml

from ..model.reading import scenario_of
from ..model.scenario import Matter, Scenario
from .decidable import Changed, changes
from .engine import Question
from .lines import line_of

LEAST_SEEDS, MOST_SEEDS, MOST_DAYS = 20, 200, 400
#: Problems that arise in all runs together: two cores live through so many in about half an hour.
MOST_PROBLEMS: Final = 8_000_000
_MOST_GRIDS, _MOST_PEOPLE, _MOST_VISITS = 20_000, 20_000, 500_000_000
_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what the plans differ in, and their titles."""

    question: Question
    changed: list[Changed]
    base_title: str
    other_title: str


def ask(
    base: tuple[str, str],
    other: tuple[str, str],
    *,
    days: int,
    seeds: int,
    calendars: Path,
) -> Asked:
    """Read both plans, each as (file name, TOML text), and check that they can be compared.

    Raises:
        Invalid: a file is no city (its name, line and field are said), the plans differ in nature
            or in nothing, or they are too large to be lived so often.
    """
    one, two = read_plan(*base), read_plan(*other, over=base[1])
    try:
        changed = changes(one, two)
    except DomainError as error:
        raise _placed(error, *other) from error
    for plan in (one, two):
        check_size(plan, days, seeds)
    calendar = calendar_of(one, calendars)
    _check_cover(one, days, calendar)
    question = Question(one, two, days, calendar)
    titles = [
        plan.plan.title or Path(name).stem
        for plan, (name, _) in zip((one, two), (base, other), strict=True)
    ]
    return Asked(question, changed, *titles)


def read_plan(name: str, text: str, over: str = "") -> Scenario:
    """Read one plan; one that says only its changes is laid over the base's text `over`.

    Raises:
        Invalid: names the file, the line where it can be told, the field and the mend.
    """
    data = _read(name, text)
    plan = data.get("plan")
    if isinstance(plan, dict) and plan.get("changes") is True:
        if not over:
            raise Invalid(
                "whatif.base",
                f"{name} 只写了改动（plan.changes），不能作基准方案。",
                field="plan.changes",
                mend="请以写全的城市文件作基准，如 data/simulation/default.toml。",
            )
        data = laid_over(_read("基准方案", over), data)
    try:
        return scenario_of(data)
    except DomainError as error:
        raise _placed(error, name, text) from error


def laid_over(base: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Give the base with what `changed` says: tables key by key, rows with a `code` by code."""
    found = dict(base)
    for name, value in changed.items():
        before = found.get(name)
        if isinstance(before, dict) and isinstance(value, dict) and name != "plan":
            found[name] = laid_over(before, value)
        elif _is_coded(before) and _is_coded(value):
            found[name] = _rows_over(before, value)
        else:
            found[name] = value
    return found


def _is_coded(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "code" in one for one in value)
    )


def _rows_over(base: Any, changed: Any) -> list[Any]:
    rows = {one["code"]: one for one in base}
    for one in changed:
        rows[one["code"]] = {**rows.get(one["code"], {}), **one}
    return list(rows.values())


def _read(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    # Deep nesting and endless digits are no decode errors.
    except (ValueError, RecursionError) as error:
        raise Invalid(
            "whatif.toml",
            f"{name}{_where(str(error))}不是有效的 TOML：{_PLACE.sub('', str(error)).strip()}。",
            mend="请对照 data/simulation/whatif 中的例子改正。",
        ) from error


def calendar_of(scenario: Scenario, calendars: Path) -> Calendar:
    """Build the working calendar a city's file names, from the shipped ones.

    Raises:
        Invalid: there is none of that name.
    """
    name = scenario.city.calendar
    place = calendars / name
    if Path(name).name != name or not place.is_file():
        raise Invalid(
            "whatif.calendar",
            f"没有工作日历“{name}”。",
            field="city.calendar",
            mend="请写 data/calendars 中的文件名，如 cn-2025-2027.toml。",
        )
    return build("city", read_toml(place.read_text(encoding="utf-8")))


def problems_a_day(scenario: Scenario) -> tuple[float, float]:
    """Give how many problems and false alarms arise on a day: on a plain one, and at the very most."""
    size = scenario.city.grids / scenario.city.reference_grids
    false = scenario.cameras.false_per_day + scenario.sensors.false_per_day
    plain = sum(one.per_day for one in scenario.matters)
    most = sum(
        one.per_day * max(one.months) * prod(max(1.0, x) for x in _swells(one))
        for one in scenario.matters
    )
    return size * (plain + false), size * (most + false)


def _swells(matter: Matter) -> tuple[float, ...]:
    return matter.rain, matter.wind, matter.heat, matter.festival


def check_size(scenario: Scenario, days: int, seeds: int) -> None:
    """Check that a plan can be lived so often before anybody loses patience or memory.

    Raises:
        Invalid: names what there is too much of.
    """
    collectors, desks = scenario.collectors, scenario.desks
    people = collectors.number + sum(one.crews for one in scenario.units)
    people += desks.acceptors + desks.acceptors_night + desks.dispatchers + desks.dispatchers_night
    lives = 2 * seeds * days
    plain, most = problems_a_day(scenario)
    visits = lives * collectors.number * 24 * 60 / collectors.grid_minutes
    for good, field, what in (
        (scenario.city.grids <= _MOST_GRIDS, "city.grids", f"至多 {_MOST_GRIDS} 个网格"),
        (people <= _MOST_PEOPLE, "collectors.number", f"人员与队伍合计至多 {_MOST_PEOPLE}"),
        (
            lives * plain <= MOST_PROBLEMS and lives * most <= 10 * MOST_PROBLEMS,
            "days",
            f"约有 {lives * plain / 10_000:.0f} 万个问题要过，至多 {MOST_PROBLEMS // 10_000} 万",
        ),
        (visits <= _MOST_VISITS, "collectors.grid_minutes", "巡查的次数太多"),
    ):
        if not good:
            raise Invalid(
                "whatif.size",
                f"这次推演太大（{field}）：{what}。",
                field=field,
                mend="请减少天数、种子数，或缩小城市。",
            )


def _check_cover(scenario: Scenario, days: int, calendar: Calendar) -> None:
    day = scenario.city.start
    zone = timezone(timedelta(hours=scenario.city.utc_offset_hours))
    first = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
    if not calendar.cover_start <= first < first + days * DAY <= calendar.cover_end:
        raise Invalid(
            "whatif.cover",
            f"工作日历 {scenario.city.calendar} 不覆盖 {day} 起的 {days} 天。",
            field="city.start",
            mend="请改 city.start，或另选日历、减少天数。",
        )


def _placed(error: DomainError, name: str, text: str) -> Invalid:
    line = line_of(text, error.field or "")
    where = f"{name} 第 {line} 行：" if line else f"{name}："
    return Invalid(error.code, where + error.message, field=error.field, mend=error.mend, line=line)


def _where(said: str) -> str:
    found = _PLACE.search(said)
    if found is None:
        return " "
    return f" 第 {found[1]} 行第 {found[2]} 列" if found[1] else " 的末尾"

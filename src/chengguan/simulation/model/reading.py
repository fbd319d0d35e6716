"""Reads a scenario from TOML; a wrong or unknown key is named, with the mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from dataclasses import replace as replaced
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from chengguan.core.errors import Invalid
from chengguan.core.worktime import parse_limit

from .districts import part_of
from .scenario import MOST_DISTRICTS, PLACES, Scenario, Shift, Spoilers

_T = TypeVar("_T")
_HOURS, _MONTHS = 24, 12
#: Beyond this no number of a city lies; infinity and no-number, which TOML knows, even less.
_MOST = 1e12
_UNIT_CODE = re.compile(r"[0-9A-Za-z_-]{1,24}")


def load_scenario(path: Path) -> Scenario:
    """Read a city's file.

    Raises:
        Invalid: not TOML, or a key is missing, unknown or impossible.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("simulation.toml", f"{path.name} 不是有效的 TOML：{error}") from error
    return scenario_of(data)


def scenario_of(data: Mapping[str, Any]) -> Scenario:
    """Build a scenario from what a TOML file holds, and check it as a whole.

    Raises:
        Invalid: names the key.
    """
    scenario = _build(Scenario, data, "")
    _check(scenario)
    return scenario


def with_spoilers(scenario: Scenario, said: Mapping[str, Any]) -> Scenario:
    """Give the same city with some switches of spoiling set beside those of its file.

    Raises:
        Invalid: there is no such switch, or its share is none.
    """
    kept = {**asdict(scenario.spoilers), "units": list(scenario.spoilers.units)}
    spoilers = _build(Spoilers, kept | dict(said), "spoilers")
    changed = replaced(scenario, spoilers=spoilers)
    _check(changed)
    return changed


def _build(cls: type[_T], data: Mapping[str, Any], where: str) -> _T:
    assert is_dataclass(cls)
    hints = get_type_hints(cls)
    known = {one.name: one for one in fields(cls)}
    for key in data:
        if key not in known:
            raise _wrong(f"{where}.{key}".lstrip("."), "不认识这个键")
    values: dict[str, Any] = {}
    for name, one in known.items():
        place = f"{where}.{name}".lstrip(".")
        if name in data:
            values[name] = _value(hints[name], data[name], place)
        elif _is_required(one):
            raise _wrong(place, "缺少这个键")
    made: _T = cls(**values)
    return made


def _is_required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _value(hint: Any, given: Any, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(given, Mapping):
            raise _wrong(where, "应为一个表")
        return _build(hint, given, where)
    if get_origin(hint) is tuple:
        if not isinstance(given, list):
            raise _wrong(where, "应为列表")
        inner = get_args(hint)[0]
        return tuple(_value(inner, one, f"{where}[{n}]") for n, one in enumerate(given, 1))
    if get_origin(hint) is dict:
        if not isinstance(given, Mapping):
            raise _wrong(where, "应为一个表")
        inner = get_args(hint)[1]
        return {key: _value(inner, one, f"{where}.{key}") for key, one in given.items()}
    return _plain(hint, given, where)


def _plain(hint: Any, given: Any, where: str) -> Any:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if number and not abs(given) <= _MOST:
        raise _wrong(where, "应为有限的数")
    if isinstance(given, str) and not given.isprintable():
        raise _wrong(where, "含有不可见字符")
    if hint is float and number:
        return float(given)
    if not isinstance(hint, type):
        hint = NoneType
    if isinstance(given, hint) and not (hint is int and isinstance(given, bool)):
        return given
    raise _wrong(where, f"值“{given}”的类型不对")


def _check(scenario: Scenario) -> None:
    city = scenario.city
    must = _must
    must(city.communities > 0 and city.grids >= city.communities, "city.grids", "不能少于社区数")
    must(city.grids <= 900 * city.communities, "city.grids", "每个社区至多 900 个网格")
    must(len(city.code) == 6 and city.code.isdigit(), "city.code", "应为 6 位区划代码")
    must(len(city.places) == len(PLACES), "city.places", f"应有 {len(PLACES)} 个比重")
    must(city.feedback_minutes > 0, "city.feedback_minutes", "应大于 0")
    must(city.reference_grids > 0, "city.reference_grids", "应大于 0")
    must(-12 <= city.utc_offset_hours <= 14, "city.utc_offset_hours", "应在 -12 与 14 之间")
    must(0 <= scenario.inspection.grids_per_day <= 10_000, "inspection.grids_per_day", "0–10000")
    for name, hours in scenario.profiles.items():
        must(len(hours) == _HOURS and sum(hours) > 0, f"profiles.{name}", "应有 24 个比重")
    for name in ("rain", "wind", "temperature"):
        months = getattr(scenario.weather, name)
        must(len(months) == _MONTHS, f"weather.{name}", "应有 12 个月的数")
    must(bool(scenario.matters), "matters", "至少要有一个事项")
    _check_districts(scenario)
    must(scenario.collectors.number > 1, "collectors.number", "至少两名采集员：核查须由他人")
    weights = scenario.collectors.beat_weights
    good = len(weights) == len(PLACES) and min(weights, default=0) > 0
    must(good, "collectors.beat_weights", f"应有 {len(PLACES)} 个大于 0 的比重")
    # At no time at all a walk would begin again and again within one second.
    must(scenario.collectors.grid_minutes >= 0.5, "collectors.grid_minutes", "至少 0.5 分钟")
    must(scenario.collectors.speed_kmh > 0, "collectors.speed_kmh", "应大于 0")
    _check_rosters("collectors", scenario.collectors.rosters)
    codes = {unit.code.lower() for unit in scenario.units}
    must(len(codes) == len(scenario.units), "units", "单位代码重复")
    for unit in scenario.units:
        coded = _UNIT_CODE.fullmatch(unit.code) is not None
        must(coded, f"units.{unit.code}.code", "单位代码应为 1–24 位数字、字母、横线或下划线")
        must(unit.speed_kmh > 0, f"units.{unit.code}.speed_kmh", "应大于 0")
    _check_matters(scenario)
    _check_shares(scenario, must)


def _check_rosters(where: str, rosters: list[Shift]) -> None:
    usual = rosters[0].number
    _must(usual > 0, f"{where}.shifts", "各班次人数之和应小于总人数：至少留一人按常规时间上班")
    for number, one in enumerate(rosters):
        place = f"{where}.shifts[{number}]" if number else where
        _must(one.number > 0, f"{place}.number", "应大于 0")
        hours = 0 <= one.first_hour < _HOURS and 0 < one.last_hour <= _HOURS
        _must(
            hours and one.first_hour != one.last_hour, f"{place}.first_hour", "时刻应在 0–24 之间"
        )
        for name in one.places:
            _must(name in PLACES, f"{place}.places", f"没有地类“{name}”，可用 {'、'.join(PLACES)}")


def _check_districts(scenario: Scenario) -> None:
    number, desks = scenario.city.districts, scenario.desks
    _must(1 <= number <= MOST_DISTRICTS, "city.districts", f"应在 1 与 {MOST_DISTRICTS} 之间")
    if number == 1:
        return
    for name, there, least in (
        ("city.communities", scenario.city.communities, 1),
        ("collectors.number", scenario.collectors.number, 2),
        ("desks.acceptors", desks.acceptors, 1),
        ("desks.dispatchers", desks.dispatchers, 1),
        *((f"units.{unit.code}.crews", unit.crews, 1) for unit in scenario.units),
    ):
        _must(there >= least * number, name, f"分给 {number} 个区，至少要 {least * number}")
    for part in (part_of(scenario, index) for index in range(number)):
        _check_rosters("collectors", part.collectors.rosters)
        for unit in part.units:
            _check_rosters(f"units.{unit.code}", unit.rosters)


def _check_matters(scenario: Scenario) -> None:
    units = {unit.code for unit in scenario.units}
    codes = [matter.code for matter in scenario.matters]
    _must(len(set(codes)) == len(codes), "matters", "事项代码重复")
    for matter in scenario.matters:
        where = f"matters.{matter.code}"
        _must(matter.unit in units, f"{where}.unit", f"没有单位“{matter.unit}”")
        _must(matter.hours in scenario.profiles, f"{where}.hours", f"没有时段“{matter.hours}”")
        _must(len(matter.places) == len(PLACES), f"{where}.places", f"应有 {len(PLACES)} 个比重")
        _must(len(matter.months) == _MONTHS, f"{where}.months", "应有 12 个月的数")
        _must(matter.kind in ("component", "matter"), f"{where}.kind", "应为 component 或 matter")
        _must(matter.per_day >= 0, f"{where}.per_day", "不能小于 0")
        _must(0 <= matter.spreads <= 24, f"{where}.spreads", "应在 0 与 24 之间")
        reports = matter.reports_per_day
        _must(0 <= reports <= 240, f"{where}.reports_per_day", "应在 0 与 240 之间")
        parse_limit(matter.limit)


def _check_shares(scenario: Scenario, must: Callable[[bool, str, str], None]) -> None:
    spoilers = scenario.spoilers
    for one in fields(spoilers):
        share = getattr(spoilers, one.name)
        if isinstance(share, float):
            most = 10.0 if one.name == "reward" else 1.0
            must(0.0 <= share <= most, f"spoilers.{one.name}", f"应在 0 与 {most:g} 之间")
    units = {unit.code for unit in scenario.units}
    for code in spoilers.units:
        must(code in units, "spoilers.units", f"没有单位“{code}”")
    if spoilers.collude:
        must(spoilers.collude_unit in units, "spoilers.collude_unit", "请写明与哪个单位串通")


def _must(good: bool, where: str, what: str) -> None:
    if not good:
        raise _wrong(where, what)


def _wrong(where: str, what: str) -> Invalid:
    return Invalid(
        "simulation.key",
        f"模拟城市文件的 {where}：{what}。",
        field=where,
        mend="请对照 data/simulation/default.toml 改正。",
    )

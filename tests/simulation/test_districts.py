"""A city in districts: divided without a rest, named apart, joined into one log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chengguan.core.errors import Invalid
from chengguan.simulation.model.districts import District, districts_of
from chengguan.simulation.model.joining import join
from chengguan.simulation.model.paper import Paper
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.model.world import World

from .small import small

DESKS = {"acceptors": 5, "dispatchers": 4}


def city(districts: int = 2) -> Scenario:
    return small(40, number=7, city={"districts": districts, "communities": 5}, desks=DESKS)


def logged(one: District, path: Path, days: int = 2, *, daily: bool = False) -> Path:
    """Write the truth of a district's life on paper; `daily`: a day at a time."""
    log = TruthLog(path, one.mark)
    paper = Paper(one.scenario)
    world = World(one.scenario, 1, days, paper, log, one.ground, mark=one.mark)
    if daily:
        for day in range(1, days + 1):
            world.live_until(day)
        world.finish()
    else:
        world.run()
    log.close()
    return path


def test_everything_is_divided_without_a_rest() -> None:
    whole = city()
    parts = districts_of(whole, 1)
    assert [one.mark for one in parts] == ["q1.", "q2."]
    assert [one.scenario.city.code for one in parts] == ["310199", "310198"]
    assert [len(one.ground.grids) for one in parts] == [16, 24]
    assert sum(one.scenario.collectors.number for one in parts) == 7
    for index, unit in enumerate(whole.units):
        assert sum(one.scenario.units[index].crews for one in parts) == unit.crews
    assert sum(one.scenario.inspection.grids_per_day for one in parts) == 12


def test_shifts_are_divided_like_everybody() -> None:
    shifts = [{"number": 3, "first_hour": 14, "last_hour": 22}]
    whole = small(
        40,
        number=7,
        city={"districts": 2, "communities": 5},
        desks=DESKS,
        collectors={"number": 7, "shifts": shifts},
    )
    parts = districts_of(whole, 1)
    assert [one.scenario.collectors.number for one in parts] == [3, 4]
    assert [one.scenario.collectors.shifts[0].number for one in parts] == [1, 2]
    assert [one.scenario.collectors.rosters[0].number for one in parts] == [2, 2]


def test_districts_lie_beside_each_other() -> None:
    edges = [
        (min(g.west for g in one.ground.grids), max(g.west + g.width for g in one.ground.grids))
        for one in districts_of(city(), 1)
    ]
    assert edges[0][1] == edges[1][0]
    codes = [grid.code for one in districts_of(city(), 1) for grid in one.ground.grids]
    assert len(set(codes)) == 40


def test_a_city_of_one_district_has_no_marks() -> None:
    (one,) = districts_of(city(1), 1)
    assert (one.mark, one.scenario) == ("", city(1))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"districts": 0}, "city.districts"),
        ({"districts": 33}, "city.districts"),
        ({"districts": 6}, "city.communities"),
        ({"districts": 4}, "collectors.number"),
        ({"districts": 3}, "units.LIGHT.crews"),
    ],
)
def test_who_is_too_few_for_so_many_districts_is_named(changed: dict[str, int], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        small(40, number=7, city={"communities": 5, **changed}, desks=DESKS)
    assert raised.value.field == field


def test_the_joined_log_is_in_order_and_nothing_is_named_twice(tmp_path: Path) -> None:
    parts = [logged(one, tmp_path / one.mark) for one in districts_of(city(), 1)]
    digest, count = join(parts, tmp_path / "whole")
    lines = [json.loads(line) for line in (tmp_path / "whole").read_bytes().splitlines()]
    assert count == len(lines) == sum(len(part.read_bytes().splitlines()) for part in parts)
    assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)
    keys = [one["key"] for one in lines if one["what"] in ("problem", "report")]
    assert len(keys) == len(set(keys)) > 100
    known = {one["key"] for one in lines if one["what"] == "problem"}
    assert {one["problem"] for one in lines if one["what"] == "report"} - {""} <= known
    days = [(one["district"], one["rain"]) for one in lines if one["what"] == "day"]
    assert [district for district, _ in days] == ["q1", "q2", "q1", "q2"]
    assert days[0][1] == days[1][1]
    assert (digest, count) == join(parts, tmp_path / "again")
    for part in parts:
        own = part.read_bytes().splitlines()
        assert [
            line for line in (tmp_path / "whole").read_bytes().splitlines() if line in own
        ] == own


def test_day_by_day_is_the_same_life(tmp_path: Path) -> None:
    one = districts_of(city(), 1)[1]
    whole = logged(one, tmp_path / "whole", 3).read_bytes()
    assert logged(one, tmp_path / "daily", 3, daily=True).read_bytes() == whole


def test_districts_are_different_lives() -> None:
    first, second = districts_of(city(), 1)
    assert [g.place for g in second.ground.grids][:16] != [g.place for g in first.ground.grids]

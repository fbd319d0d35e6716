"""Shifts of their own hours, and beats cut by weight: who walks where and when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chengguan.core.errors import Invalid
from chengguan.simulation.model.collectors import beats
from chengguan.simulation.model.load import Load
from chengguan.simulation.model.problems import DAY, HOUR
from chengguan.simulation.model.scenario import PLACES
from chengguan.simulation.model.world import World

from .small import on_paper, small

EVENING = {"number": 2, "first_hour": 16, "last_hour": 20, "places": ["shops"]}


def reports(world: World, lines: list[bytes], number: int) -> list[dict[str, Any]]:
    name = f"caiji{number:03d}"
    told = [json.loads(line) for line in lines]
    return [one for one in told if one["what"] == "report" and one["agent"] == name]


def test_a_tidal_shift_walks_its_ground_at_its_hours() -> None:
    scenario = small(60, number=6, collectors={"shifts": [EVENING]})
    world, log = on_paper(scenario, 6)
    places = {grid.code: PLACES[grid.place] for grid in world.ground.grids}
    for number in (5, 6):
        own = reports(world, log.lines, number)
        assert len(own) > 3
        assert {places[one["grid"]] for one in own} == {"shops"}
        assert all(16 * HOUR <= one["at"] % DAY <= 21 * HOUR for one in own)
    assert {places[one["grid"]] for one in reports(world, log.lines, 1)} > {"shops"}


def test_who_is_on_duty_is_asked_first() -> None:
    scenario = small(60, number=6, collectors={"shifts": [EVENING]})
    world, _ = on_paper(scenario, 1)
    late = next(one for one in world.collectors.people if one.shift.places)
    grid = late.beat[0]
    assert not late.on_duty  # the run ends at midnight
    usual = world.collectors.near(grid, but="")
    assert usual.shift.places == ()
    assert world.collectors.near(grid, but=usual.name) in world.collectors.people
    assert world.collectors.near(grid, but=usual.name).name != usual.name


def test_crews_of_the_night_work_at_night_and_wait_by_day() -> None:
    shift = {"number": 2, "first_hour": 20, "last_hour": 4}
    scenario = small(
        60,
        number=6,
        units={"ORDER": {"crews": 3, "shifts": [shift]}},
        matters={code: {"per_day": 120.0} for code in ("09005", "09006")},
    )
    world, _ = on_paper(scenario, 4)
    hours = {
        agent: seconds
        for (kind, agent), seconds in world.load.seconds.items()
        if kind == "crew" and agent.startswith("order.")
    }
    night = [one for name, one in hours.items() if name != "order.chuzhi01"]
    assert len(night) == 2
    # A job begun before four may end after it.
    assert all(sum(one[6:20]) == 0 < sum(one) for one in night)
    assert sum(hours["order.chuzhi01"][8:20]) > 0


def test_a_crew_off_duty_does_not_take_the_call_of_one_on_duty() -> None:
    shift = {"number": 1, "first_hour": 23, "last_hour": 24}
    done = []
    for shifts in ([], [shift]):
        units = {"LIGHT": {"crews": 2, "shifts": shifts}}
        world, _ = on_paper(small(40, units=units), 4)
        done.append(sum(map(sum, _of_crews(world, "light"))))
    # One crew of two by day is enough for the lamps of forty grids.
    assert done[1] > 0.7 * done[0] > 0


def _of_crews(world: World, unit: str) -> list[list[int]]:
    return [
        seconds
        for (kind, agent), seconds in world.load.seconds.items()
        if kind == "crew" and agent.startswith(f"{unit}.")
    ]


def test_beats_of_equal_weight_hold_every_grid_once() -> None:
    grids = small_ground()
    weights = (1.0, 4.0, 1.0, 0.5, 0.5)
    cut = beats(grids, 5, weights)
    assert [grid for beat in cut for grid in beat] == grids
    loads = [sum(weights[grid.place] for grid in beat) for beat in cut]
    assert max(loads) - min(loads) <= 2 * max(weights)
    assert len({len(beat) for beat in cut}) > 1
    assert [len(one) for one in beats(grids, 5, (1.0,) * 5)] == [12] * 5


def small_ground() -> list[Any]:
    return list(on_paper(small(60), 1)[0].ground.grids)


def test_heavier_ground_is_seen_more_often() -> None:
    found = []
    for weight in (1.0, 8.0):
        weights = [1.0, weight, 1.0, 1.0, 1.0]
        world, log = on_paper(small(60, number=4, collectors={"beat_weights": weights}), 8)
        shops = {grid.code for grid in world.ground.grids if PLACES[grid.place] == "shops"}
        own = [
            one
            for one in map(json.loads, log.lines)
            if one["what"] == "report" and one["source"] == "collector"
        ]
        found.append(sum(one["grid"] in shops for one in own) / len(own))
    assert found[1] > found[0]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"shifts": [EVENING | {"number": 6}]}, "collectors.shifts"),
        ({"shifts": [EVENING | {"number": 0}]}, "collectors.shifts[1].number"),
        ({"shifts": [EVENING | {"places": ["sea"]}]}, "collectors.shifts[1].places"),
        ({"shifts": [EVENING | {"last_hour": 25}]}, "collectors.shifts[1].first_hour"),
        ({"beat_weights": [1.0, 1.0]}, "collectors.beat_weights"),
        ({"beat_weights": [1.0, 1.0, 1.0, 1.0, 0.0]}, "collectors.beat_weights"),
        ({"grid_minutes": 0.0}, "collectors.grid_minutes"),
        ({"speed_kmh": 0.0}, "collectors.speed_kmh"),
    ],
)
def test_a_wrong_roster_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        small(20, number=6, collectors=changed)
    assert refused.value.field == field


def test_work_is_counted_in_the_hours_it_fell_in() -> None:
    load = Load()
    load.add("crew", "a", 7 * HOUR + 1800, 9 * HOUR + 60)
    load.add("crew", "a", DAY + 7 * HOUR, DAY + 7 * HOUR + 5)
    hours = load.seconds["crew", "a"]
    assert (hours[7], hours[8], hours[9]) == (1805, 3600, 60)
    assert sum(hours) == 1800 + 3600 + 60 + 5


def test_a_plan_without_shifts_is_as_it_was() -> None:
    scenario = small(20)
    same = replace(
        scenario, collectors=replace(scenario.collectors, beat_weights=(2.0,) * len(PLACES))
    )
    assert on_paper(scenario, 3)[1].digest == on_paper(same, 3)[1].digest

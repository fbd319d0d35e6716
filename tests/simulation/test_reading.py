"""A city's file: the shipped one is good, and what is wrong is named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from chengguan.core.errors import Invalid
from chengguan.simulation.model.reading import load_scenario, scenario_of, with_spoilers
from chengguan.simulation.model.scenario import Spoilers
from chengguan.simulation.model.streams import Streams, pick, poisson, spread

from .small import DEFAULT, small


def data() -> dict[str, Any]:
    return tomllib.loads(DEFAULT.read_text(encoding="utf-8"))


def wrong(said: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as raised:
        scenario_of(said)
    return str(raised.value.field)


def test_the_shipped_city_is_honest() -> None:
    scenario = load_scenario(DEFAULT)
    assert scenario.spoilers == Spoilers()
    assert len(scenario.matters) == 15
    assert scenario.collectors.number == 28


@pytest.mark.parametrize(
    ("table", "key", "value", "field"),
    [
        ("city", "grids", 1, "city.grids"),
        ("city", "colour", "red", "city.colour"),
        ("city", "grids", "many", "city.grids"),
        ("city", "grids", True, "city.grids"),
        ("weather", "rain", [0.1], "weather.rain"),
        ("spoilers", "false_close", 1.5, "spoilers.false_close"),
        ("spoilers", "collude", 0.5, "spoilers.collude_unit"),
        ("collectors", "number", 1, "collectors.number"),
        ("profiles", "flat", [1], "profiles.flat"),
    ],
)
def test_a_wrong_key_is_named(table: str, key: str, value: Any, field: str) -> None:
    said = data()
    said[table][key] = value
    assert wrong(said) == field


def test_a_missing_key_is_named() -> None:
    said = data()
    del said["city"]["start"]
    assert wrong(said) == "city.start"
    said = data()
    del said["matters"]
    assert wrong(said) == "matters"


@pytest.mark.parametrize(
    ("key", "value"), [("unit", "NOBODY"), ("hours", "never"), ("places", [1.0]), ("kind", "x")]
)
def test_a_matter_must_fit_the_city(key: str, value: Any) -> None:
    said = data()
    said["matters"][0][key] = value
    assert wrong(said) == f"matters.07001.{key}"


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "city.toml"
    place.write_text("grids = = 3", encoding="utf-8")
    with pytest.raises(Invalid) as raised:
        load_scenario(place)
    assert raised.value.code == "simulation.toml"


def test_switches_are_checked_too() -> None:
    assert with_spoilers(small(), {"stage": 0.5}).spoilers.stage == 0.5
    with pytest.raises(Invalid):
        with_spoilers(small(), {"laziness": 0.5})
    with pytest.raises(Invalid):
        with_spoilers(small(), {"units": ["NOBODY"]})


def test_switches_stand_beside_those_of_the_file() -> None:
    spoiled = small(spoilers={"stage": 0.5, "units": ["CLEAN"]})
    both = with_spoilers(spoiled, {"reward": 1.0}).spoilers
    assert (both.stage, both.reward, both.units) == (0.5, 1.0, ("CLEAN",))
    assert [both.spoils(code) for code in ("CLEAN", "ADS")] == [True, False]
    assert Spoilers().spoils("ADS")


def test_streams_are_apart_and_the_same_again() -> None:
    one, again, other = (Streams(7).of("beat", n) for n in (1, 1, 2))
    first = [one.random() for _ in range(5)]
    assert first == [again.random() for _ in range(5)]
    assert first != [other.random() for _ in range(5)]
    assert Streams(8).of("beat", 1).random() != first[0]


def test_draws_have_the_mean_they_should() -> None:
    chance = Streams(1).of("draws")
    assert sum(poisson(chance, 3.0) for _ in range(4_000)) / 4_000 == pytest.approx(3.0, abs=0.12)
    assert sum(poisson(chance, 900.0) for _ in range(50)) / 50 == pytest.approx(900, abs=20)
    assert poisson(chance, 0.0) == 0
    picked = [pick(chance, [1, 0, 3]) for _ in range(4_000)]
    assert picked.count(1) == 0
    assert picked.count(2) / 4_000 == pytest.approx(0.75, abs=0.03)
    drawn = sorted(spread(chance, 30.0) for _ in range(4_001))
    assert drawn[2_000] == pytest.approx(30.0, rel=0.06)

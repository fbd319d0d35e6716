"""The shipped city made small: fewer grids and collectors, the same rates for each grid."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from chengguan.config.paths import ROOT
from chengguan.simulation.model.paper import Paper
from chengguan.simulation.model.reading import scenario_of
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.model.world import World

DEFAULT: Final = ROOT / "data" / "simulation" / "default.toml"
CALENDARS: Final = ROOT / "data" / "calendars"


def small(
    grids: int = 20,
    *,
    number: int = 4,
    spoilers: Mapping[str, Any] | None = None,
    **changed: Mapping[str, Any],
) -> Scenario:
    """Give the shipped city with so many grids and collectors; `changed` are keys of its tables,
    of units and matters by code.
    """
    data = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    data["city"] |= {"grids": grids, "communities": 2}
    data["collectors"]["number"] = number
    data["spoilers"] |= spoilers or {}
    for name, values in changed.items():
        if isinstance(data[name], list):
            data[name] = [row | values.get(row["code"], {}) for row in data[name]]
        else:
            data[name] |= values
    return scenario_of(data)


def on_paper(scenario: Scenario, days: int = 3, seed: int = 1) -> tuple[World, TruthLog]:
    """Live through some days on paper, without a platform."""
    log = TruthLog()
    world = World(scenario, seed, days, Paper(scenario), log)
    world.run()
    return world, log


def truth_of(folder: Path) -> bytes:
    """Give a run's truth log as it is on the disk."""
    return (folder / "truth.jsonl").read_bytes()

"""A city divided into districts: each a world of its own, with its own ground, people and chance.

What happens in one changes nothing in another, so that they can be lived side by side, and in any
number of processes, with the same truth. Only the sky, the procedure and the units' names are one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .ground import Ground, lattice
from .scenario import CitySpec, Scenario, Shift
from .streams import Streams


@dataclass(frozen=True, slots=True)
class District:
    """A district: its scenario and ground. `mark` ("q1.", …) stands before all its names; "" when
    the city is one district.
    """

    mark: str
    scenario: Scenario
    ground: Ground


def districts_of(scenario: Scenario, seed: int) -> tuple[District, ...]:
    """Divide a city; districts lie side by side from west to east."""
    number = scenario.city.districts
    if number == 1:
        return (District("", scenario, _ground(scenario, Streams(seed))),)
    found: list[District] = []
    west = scenario.city.west
    for index in range(number):
        own = part_of(scenario, index, west)
        mark = f"q{index + 1}."
        ground = _ground(own, Streams(seed, mark))
        west = max(grid.west + grid.width for grid in ground.grids)
        found.append(District(mark, own, ground))
    return tuple(found)


def _ground(scenario: Scenario, streams: Streams) -> Ground:
    return lattice(scenario.city, scenario.cameras.share, scenario.sensors.share, streams)


def part_of(scenario: Scenario, index: int, west: float = 0.0) -> Scenario:
    """Give one district's share of everybody; whoever is left over goes to the last ones.

    `west` is the longitude it begins at.
    """
    number = scenario.city.districts

    def share(whole: int) -> int:
        return whole * (index + 1) // number - whole * index // number

    def shifts(whole: tuple[Shift, ...]) -> tuple[Shift, ...]:
        parts = (replace(one, number=share(one.number)) for one in whole)
        return tuple(one for one in parts if one.number)

    desks, walkers, inspection = scenario.desks, scenario.collectors, scenario.inspection
    return replace(
        scenario,
        city=_city(scenario.city, index, west, share(scenario.city.communities)),
        units=tuple(
            replace(one, crews=share(one.crews), shifts=shifts(one.shifts))
            for one in scenario.units
        ),
        collectors=replace(walkers, number=share(walkers.number), shifts=shifts(walkers.shifts)),
        desks=replace(
            desks,
            acceptors=share(desks.acceptors),
            acceptors_night=share(desks.acceptors_night),
            dispatchers=share(desks.dispatchers),
            dispatchers_night=share(desks.dispatchers_night),
        ),
        inspection=replace(inspection, grids_per_day=share(inspection.grids_per_day)),
    )


def _city(city: CitySpec, index: int, west: float, communities: int) -> CitySpec:
    # Grids follow the communities, that no district has more communities than grids.
    before = city.communities * index // city.districts
    first, last = (city.grids * n // city.communities for n in (before, before + communities))
    return replace(
        city,
        name=f"{city.name}第{index + 1}区",
        code=f"{int(city.code) - index:06d}",
        grids=last - first,
        communities=communities,
        districts=1,
        west=west,
    )

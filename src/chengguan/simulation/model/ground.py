"""The ground: a lattice of unit grids in communities, each of one kind of place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, hypot, radians, sqrt
from random import Random

from .scenario import CitySpec
from .streams import Streams, pick

_METRES_PER_DEGREE = 111_132.0


@dataclass(frozen=True, slots=True)
class Grid:
    """A unit grid: code, rectangle (degrees), kind of place, what looks at it."""

    code: str
    west: float
    south: float
    width: float
    height: float
    place: int
    camera: bool = False
    sensor: bool = False

    @property
    def community(self) -> str:
        """The 12 digits of its community."""
        return self.code[:12]

    @property
    def centre(self) -> tuple[float, float]:
        """(lon, lat) of the middle."""
        return self.west + self.width / 2, self.south + self.height / 2

    def point(self, chance: Random) -> tuple[float, float]:
        """Draw a point well inside, to six digits of a degree."""
        lon = self.west + self.width * (0.05 + 0.9 * chance.random())
        lat = self.south + self.height * (0.05 + 0.9 * chance.random())
        return round(lon, 6), round(lat, 6)


@dataclass(frozen=True, slots=True)
class Ground:
    """All grids in the order of their codes."""

    grids: tuple[Grid, ...]

    def weighted(self, places: Sequence[float]) -> list[float]:
        """Cumulate the grids' weights under these weights by kind of place."""
        total, sums = 0.0, []
        for grid in self.grids:
            total += places[grid.place]
            sums.append(total)
        return sums


def lattice(city: CitySpec, cameras: float, sensors: float, streams: Streams) -> Ground:
    """Make the ground of a city of its own: communities side by side, grids in rows."""
    chance = streams.of("ground")
    per = ceil(city.grids / city.communities)
    across = community_width(city)
    height = city.side_m / _METRES_PER_DEGREE
    width = height / cos(radians(city.south))
    found: list[Grid] = []
    for number in range(city.communities):
        code = f"{city.code}001{number + 1:03d}"
        west = city.west + number * across * width
        for index in range(min(per, city.grids - len(found))):
            row, column = divmod(index, across)
            grid = Grid(
                f"{code}{index + 1:03d}",
                west + column * width,
                city.south - row * height,
                width,
                height,
                pick(chance, city.places),
                chance.random() < cameras,
                chance.random() < sensors,
            )
            found.append(grid)
    return Ground(tuple(found))


def community_width(city: CitySpec) -> int:
    """Give how many grids stand side by side in one community."""
    per = ceil(city.grids / city.communities)
    return max(1, ceil(sqrt(per)))


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Give the distance of two points in metres on a flat map, right for a city."""
    north = (other[1] - one[1]) * _METRES_PER_DEGREE
    east = (other[0] - one[0]) * _METRES_PER_DEGREE * cos(radians(one[1]))
    return hypot(east, north)

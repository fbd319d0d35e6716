"""Web Mercator tiles (XYZ): which tile and which cell of it a point lies in, and the way back.

A world is a square of 2³² steps a side, so that a point is two 32-bit numbers (a step is 1 cm at the
equator) and every tile or cell of any zoom a common prefix of their bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, degrees, pi, sinh
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chengguan.core.errors import Invalid

BITS: Final = 32
MAX_ZOOM: Final = 24
#: Beyond it the projection has no square.
MAX_LATITUDE: Final = 85.051_128_78
Steps = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile or cell: `x` from the west, `y` from the north, 2^z a side."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        side = 1 << max(0, min(self.z, MAX_ZOOM))
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < side and 0 <= self.y < side):
            raise Invalid("map.tile", "没有这个地图瓦片。", mend="请重新打开地图。", field="tile")

    @classmethod
    def read(cls, text: str) -> Tile:
        """Read "z/x/y".

        Raises:
            Invalid: it is no tile.
        """
        parts = text.split("/")
        if len(parts) != 3 or not all(
            part.isascii() and part.isdigit() and len(part) < 10 for part in parts
        ):
            raise Invalid("map.cell", "地图格子无效。", mend="请在地图上重新点选。", field="cell")
        return cls(*(int(part) for part in parts))

    def __str__(self) -> str:
        return f"{self.z}/{self.x}/{self.y}"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        side = 1 << self.z
        return (
            self.x / side * 360 - 180,
            _latitude(self.y + 1, side),
            (self.x + 1) / side * 360 - 180,
            _latitude(self.y, side),
        )

    def holds(self, x: Steps, y: Steps) -> NDArray[np.bool_]:
        """Say for each point (in steps) whether it lies in the tile; each lies in one of a zoom."""
        shift = np.uint64(BITS - self.z)
        inside: NDArray[np.bool_] = (x >> shift == self.x) & (y >> shift == self.y)
        return inside


def steps(lon: ArrayLike, lat: ArrayLike) -> tuple[Steps, Steps]:
    """Give points (degrees) in steps east and south of the north-west corner of the world."""
    side = float(1 << BITS)
    east = (np.asarray(lon, dtype=np.float64) + 180.0) / 360.0
    angle = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -MAX_LATITUDE, MAX_LATITUDE))
    south = 0.5 - np.arcsinh(np.tan(angle)) / (2 * pi)
    return _within(east * side), _within(south * side)


def place(x: Steps, y: Steps) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give lon and lat (degrees) of points in steps, right to a centimetre or two."""
    side = float(1 << BITS)
    lon = (x.astype(np.float64) + 0.5) / side * 360.0 - 180.0
    lat = np.degrees(np.arctan(np.sinh(pi * (1.0 - 2.0 * (y.astype(np.float64) + 0.5) / side))))
    return lon, lat


def interleave(x: Steps, y: Steps) -> Steps:
    """Give the Morton code: sorted by it, the points of any tile stand side by side."""
    return _spread(x) | (_spread(y) << np.uint64(1))


def separate(code: Steps) -> tuple[Steps, Steps]:
    """Give the steps east and south of Morton codes."""
    return _gathered(code), _gathered(code >> np.uint64(1))


def span(tile: Tile) -> tuple[int, int]:
    """Give the first Morton code of a tile and the first beyond it."""
    first = int(interleave(np.array([tile.x], np.uint64), np.array([tile.y], np.uint64))[0])
    shift = 2 * (BITS - tile.z)
    return first << shift, (first + 1) << shift


def _latitude(y: int, side: int) -> float:
    return degrees(atan(sinh(pi * (1 - 2 * y / side))))


def _within(values: NDArray[np.float64]) -> Steps:
    return np.clip(values, 0, float((1 << BITS) - 1)).astype(np.uint64)


_MASKS: Final = (
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
)


def _spread(values: Steps) -> Steps:
    found = values & np.uint64(0xFFFF_FFFF)
    for shift, mask in _MASKS:
        found = (found | (found << np.uint64(shift))) & np.uint64(mask)
    return found


def _gathered(values: Steps) -> Steps:
    found = values & np.uint64(0x5555_5555_5555_5555)
    for (shift, _), (_, mask) in zip(
        reversed(_MASKS), [*reversed(_MASKS[:-1]), (0, 0xFFFF_FFFF)], strict=True
    ):
        found = (found | (found >> np.uint64(shift))) & np.uint64(mask)
    return found

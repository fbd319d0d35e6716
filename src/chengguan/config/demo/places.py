"""Where the made-up days play: the unit grids near which something published stands.

People are where cameras and devices were put up; most of the district is polder and new land.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from chengguan.registry.domain.plane import plane_of, to_metres
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area, Camera, Device
from chengguan.simulation.model.ground import Grid, Ground
from chengguan.simulation.model.streams import Streams, pick

#: A grid is near what stands so far from its middle.
_NEAR_M: Final = 180.0
#: Points are drawn around a grid's middle within this share of its width: not all are rectangles.
_INNER: Final = 0.6
#: What kind of place it may be, by what stands there; weights in the order of `scenario.PLACES`.
_BY_ROAD: Final = (0.05, 0.20, 0.45, 0.10, 0.20)
_BY_HOMES: Final = (0.60, 0.25, 0.10, 0.00, 0.05)
_BY_DEVICE: Final = (0.30, 0.15, 0.20, 0.20, 0.15)


def inhabited(seed: int, most: int | None = None) -> Ground:
    """Give the grids near a camera or a device, in the order of their codes.

    `most` takes only so many of the first. No grid is given a camera's or a sensor's eye: what these
    have seen in the demo is published, not made up.
    """
    chance = Streams(seed).of("places")
    kinds = _kinds()
    stored = Area.objects.filter(level=AreaLevel.GRID, code__in=kinds).order_by("code")
    grids = []
    for code, bbox in stored.values_list("code", "bbox")[:most]:
        if not bbox:
            continue
        west, south, east, north = bbox
        wide, high = (east - west) * _INNER, (north - south) * _INNER
        middle = (west + east) / 2, (south + north) / 2
        place = pick(chance, kinds[code])
        grids.append(Grid(code, middle[0] - wide / 2, middle[1] - high / 2, wide, high, place))
    return Ground(tuple(grids))


def _kinds() -> dict[str, tuple[float, ...]]:
    """Give what kind of place each grid may be, by the nearest thing that is near it."""
    devices = Device.objects.exclude(point=None).values_list("point", flat=True)
    things = [(point, _BY_DEVICE) for point in devices]
    for point, name in Camera.objects.exclude(point=None).values_list("point", "name"):
        things.append((point, _BY_ROAD if "道路" in name else _BY_HOMES))
    stored = Area.objects.filter(level=AreaLevel.GRID, valid_to=None).exclude(centre=None)
    grids = list(stored.order_by("code").values_list("code", "centre"))
    middles = shapely.points(np.array([centre for _, centre in grids]))
    plane = plane_of(middles)
    there = shapely.points(np.array([point for point, _ in things]))
    tree = shapely.STRtree(to_metres(plane, there))
    found, nearest = tree.query_nearest(
        to_metres(plane, middles), max_distance=_NEAR_M, all_matches=False
    )
    return {grids[one][0]: things[thing][1] for one, thing in zip(found, nearest, strict=True)}


class Names:
    """How places are called in words."""

    def __init__(self) -> None:
        stored = Area.objects.filter(level=AreaLevel.COMMUNITY, valid_to=None)
        self._communities = dict(stored.values_list("code", "name"))

    def place(self, grid: str) -> str:
        """Call a unit grid by its community and its number in it."""
        return f"{self._communities[grid[:12]]}{grid[12:]}号网格"

"""How a community is cut into unit grids (GB/T 47678.3: closed, no gaps, no overlaps).

Lines of a square lattice and the community's own boundary are noded together and polygonised:
every cell's edge is then the very same points as its neighbour's edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any, Final

import numpy as np
import shapely

from chengguan.core.metres import LocalPlane

from .plane import plane_of, to_metres

# A piece smaller than this share of a cell is no cell of its own.
SLIVER_SHARE: Final = 0.3
_ROUNDS: Final = 40

Place = tuple[int, int, float, float]


@dataclass(frozen=True, slots=True)
class _Lattice:
    """Squares of `side` metres, counted from the equator and the zero meridian.

    The count from a fixed origin makes lattices of neighbouring communities with the same side
    fall on the same lines, and the result independent of what else is tessellated.
    """

    side: float
    lon_step: float
    lat_step: float

    @classmethod
    def of(cls, side: float, lat: float) -> _Lattice:
        # The scale of the tenth of a degree: neighbours share it, squares stay square to 0.2 %.
        plane = LocalPlane(0.0, round(lat, 1))
        degree = plane.to_metres([[1.0, plane.lat + 1.0]])[0]
        return cls(side, side / float(degree[0]), side / float(degree[1]))

    def lines(self, bounds: tuple[float, float, float, float]) -> list[Any]:
        west, south, east, north = bounds
        first_column, last_column = floor(west / self.lon_step), ceil(east / self.lon_step)
        first_row, last_row = floor(south / self.lat_step), ceil(north / self.lat_step)
        top, bottom = (last_row + 1) * self.lat_step, (first_row - 1) * self.lat_step
        left, right = (first_column - 1) * self.lon_step, (last_column + 1) * self.lon_step
        upright = [
            ((column * self.lon_step, bottom), (column * self.lon_step, top))
            for column in range(first_column, last_column + 1)
        ]
        level = [
            ((left, row * self.lat_step), (right, row * self.lat_step))
            for row in range(first_row, last_row + 1)
        ]
        return list(shapely.linestrings(upright + level))

    def place(self, x: float, y: float) -> Place:
        """Give the order of a cell: rows from the north, and in a row from the west."""
        return (-floor(y / self.lat_step), floor(x / self.lon_step), x, -y)


def cells_of(community: Any, *, target_m2: float = 10_000, max_cells: int = 999) -> list[Any]:
    """Cut a community (CGCS2000 polygon) into cells of about `target_m2`, in the order of numbers.

    Cells grow until no more than `max_cells` are needed. The order is west to east within a row,
    rows from north to south. The same input gives the same cells.
    """
    if not target_m2 > 0 or not max_cells > 0:
        raise ValueError("target_m2 and max_cells must be positive")
    plane = plane_of([community])
    total = float(to_metres(plane, community).area)
    side = sqrt(max(target_m2, total / max_cells))
    cells: list[Any] = []
    for _ in range(_ROUNDS):
        cells = _cut(community, plane, side)
        if len(cells) <= max_cells:
            return cells
        side *= max(1.005, sqrt(len(cells) / max_cells))
    raise ValueError("the community has more separate parts than cells are allowed")


def _cut(community: Any, plane: LocalPlane, side: float) -> list[Any]:
    lattice = _Lattice.of(side, plane.lat)
    lines = [*lattice.lines(community.bounds), shapely.boundary(community)]
    noded = shapely.get_parts(shapely.union_all(np.array(lines, dtype=object)))
    faces = shapely.get_parts(shapely.polygonize(noded))
    shapely.prepare(community)
    inside = shapely.covers(community, shapely.point_on_surface(faces))
    faces = faces[inside]
    middles = shapely.get_coordinates(shapely.point_on_surface(faces))
    places = [lattice.place(float(x), float(y)) for x, y in middles]
    order = sorted(range(len(faces)), key=places.__getitem__)
    faces = faces[order]
    groups = _joined(faces, plane, SLIVER_SHARE * side * side)
    return [shapely.normalize(shapely.coverage_union_all(faces[group])) for group in groups]


def _joined(faces: Any, plane: LocalPlane, smallest: float) -> Iterator[list[int]]:
    """Join each sliver, the smallest first, to the neighbour with the longest shared edge."""
    flat = to_metres(plane, faces)
    areas = shapely.area(flat)
    tree = shapely.STRtree(flat)
    host = list(range(len(faces)))
    members: dict[int, list[int]] = {index: [index] for index in host}
    size = dict(enumerate(areas.tolist()))
    for sliver in np.argsort(areas, kind="stable").tolist():
        if areas[sliver] >= smallest:
            break
        own = host[sliver]
        if size[own] >= smallest:
            continue
        best = _closest(own, members[own], flat, tree, host)
        if best is None:
            continue
        for member in members[own]:
            host[member] = best
        members[best] += members.pop(own)
        size[best] += size.pop(own)
    # A cell keeps the place of its host, which is the largest part.
    return (members[index] for index in sorted(members))


def _closest(own: int, parts: list[int], flat: Any, tree: Any, host: list[int]) -> int | None:
    shared: dict[int, float] = {}
    for part in parts:
        for other in tree.query(flat[part], predicate="intersects").tolist():
            if host[other] != own:
                edge = shapely.length(shapely.intersection(flat[part], flat[other]))
                shared[host[other]] = shared.get(host[other], 0.0) + float(edge)
    found = [(-round(length, 3), index) for index, length in shared.items() if length > 0]
    return min(found)[1] if found else None

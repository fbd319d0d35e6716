"""Vector tiles (MVT 2.1) from points in memory: counts for cells far out, single points near.

A cell is itself a tile three zooms deeper, so that its address says exactly what lies in it, and a
list can be asked for the very same points.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from typing import Any, Final

import mapbox_vector_tile
import numpy as np
from numpy.typing import NDArray
from shapely import Point

from chengguan.cases.points import LIGHTS, Points
from chengguan.core.tiles import BITS, Steps, Tile, separate
from chengguan.registry.points import STATES, Things

#: A tile of 512 pixels has 8 × 8 cells.
CELLS: Final = 3
#: From here points are shown singly, unless a tile would hold more than `MOST`.
SINGLE_CASES: Final = 15
SINGLE_THINGS: Final = 16
MOST: Final = 2_000
_EXTENT: Final = 4_096
_KEPT_BYTES: Final = 24 * 1024 * 1024


def case_tile(points: Points, tile: Tile, at: datetime, *, whole: bool = False) -> bytes:
    """Give the cases of a tile: layer `cells` (n, red, yellow, green, cell) and layer `cases`.

    A single case tells its id and light, nothing else: what it is about is asked for when somebody
    opens it. `whole` takes lights from the limit of the whole handling (`Points.lights`).
    """
    part = points.take(tile.holds(points.x, points.y))
    lights = part.lights(at, whole=whole)
    cells = _cell_numbers(part.x, part.y, tile)
    if tile.z >= SINGLE_CASES and len(part) <= MOST:
        alone = np.ones(len(part), dtype=np.bool_)
    else:
        counts = np.bincount(cells, minlength=1 << 2 * CELLS)
        alone = counts[cells] == 1
    singles = [
        _feature(x, y, int(number), {"light": LIGHTS[light]})
        for x, y, number, light in zip(
            *_within(part.x[alone], part.y[alone], tile),
            part.ids[alone],
            lights[alone],
            strict=True,
        )
    ]
    split = {
        name: np.bincount(cells[~alone & (lights == place)], minlength=1 << 2 * CELLS)
        for place, name in enumerate(LIGHTS)
    }
    return _encode(
        cells=_cells(tile, cells[~alone], part.x[~alone], part.y[~alone], split), cases=singles
    )


def thing_tile(things: Things, tile: Tile) -> bytes:
    """Give the things of a tile (`Things.in_tile`): layer `cells` (n, faulty) and layer `things`."""
    x, y = separate(things.code)
    if tile.z >= SINGLE_THINGS and len(things) <= MOST:
        singles = [
            _feature(px, py, int(number), _told(STATES[state], int(detail)))
            for px, py, number, state, detail in zip(
                *_within(x, y, tile), things.ids, things.state, things.detail, strict=True
            )
        ]
        return _encode(things=singles)
    cells = _cell_numbers(x, y, tile)
    # What is normal or taken away needs nobody: faulty and lost do.
    wrong = np.isin(things.state, [STATES.index("faulty"), STATES.index("lost")])
    split = {"faulty": np.bincount(cells[wrong], minlength=1 << 2 * CELLS)}
    return _encode(cells=_cells(tile, cells, x, y, split))


class TileCache:
    """Encoded tiles by what they were made of, the oldest dropped beyond a number of bytes."""

    def __init__(self, most: int = _KEPT_BYTES) -> None:
        self._most, self._held = most, 0
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Give the tile of a key, made where it isn't kept."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
                return found
        made = make()
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = made
                self._held += len(made)
            while self._held > self._most:
                self._held -= len(self._tiles.popitem(last=False)[1])
        return made


def _told(state: str, detail: int) -> dict[str, Any]:
    return {"state": state, "detail": detail}


def _cell_numbers(x: Steps, y: Steps, tile: Tile) -> NDArray[np.int64]:
    """Give each point's cell in its tile, 0 to 63, row by row."""
    shift = np.uint64(BITS - tile.z - CELLS)
    side = np.uint64((1 << CELLS) - 1)
    return (((y >> shift) & side) << np.uint64(CELLS) | ((x >> shift) & side)).astype(np.int64)


def _cells(
    tile: Tile, cells: NDArray[np.int64], x: Steps, y: Steps, split: dict[str, NDArray[np.int64]]
) -> list[dict[str, Any]]:
    """Give a feature for each cell with points, at the middle of its points."""
    size = 1 << 2 * CELLS
    counts = np.bincount(cells, minlength=size)
    east, south = _within(x, y, tile)
    across, down = (np.bincount(cells, weights=one, minlength=size) for one in (east, south))
    found = []
    for cell in np.flatnonzero(counts):
        number = int(counts[cell])
        column, row = int(cell) & ((1 << CELLS) - 1), int(cell) >> CELLS
        address = Tile(tile.z + CELLS, (tile.x << CELLS) + column, (tile.y << CELLS) + row)
        told = {name: int(values[cell]) for name, values in split.items() if values[cell]}
        properties = {"n": number, "cell": str(address), **told}
        found.append(_feature(across[cell] / number, down[cell] / number, None, properties))
    return found


def _within(x: Steps, y: Steps, tile: Tile) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give places in the tile's own units, 0 to 4096 east and south."""
    shift = BITS - tile.z
    mask, unit = np.uint64((1 << shift) - 1), _EXTENT / (1 << shift)
    return (x & mask).astype(np.float64) * unit, (y & mask).astype(np.float64) * unit


def _feature(x: float, y: float, number: int | None, properties: dict[str, Any]) -> dict[str, Any]:
    made = {"geometry": Point(x, y), "properties": properties}
    return made if number is None else {**made, "id": number}


def _encode(**layers: list[dict[str, Any]]) -> bytes:
    filled = [{"name": name, "features": features} for name, features in layers.items() if features]
    options = {"y_coord_down": True, "extents": _EXTENT}
    encoded: bytes = mapbox_vector_tile.encode(filled, default_options=options)
    return encoded

"""Any point → its whole chain of areas.

Unit grids are searched first; where none covers the point, the smallest enclosing area answers.
The trees of geometry live in the process until the revision "areas" changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray

from chengguan.core.coordinates import CRS, convert
from chengguan.store.cache import revised
from chengguan.store.today import local_today

from ..enums import AreaLevel
from ..models import Area

LENGTHS: Final = {
    2: AreaLevel.PROVINCE,
    4: AreaLevel.CITY,
    6: AreaLevel.DISTRICT,
    9: AreaLevel.STREET,
    12: AreaLevel.COMMUNITY,
    15: AreaLevel.GRID,
}
#: Up to so many points are sought one by one: arrays cost more than they save.
_FEW: Final = 8
_SMALLEST_FIRST: Final = (
    AreaLevel.GRID,
    AreaLevel.COMMUNITY,
    AreaLevel.STREET,
    AreaLevel.DISTRICT,
    AreaLevel.CITY,
    AreaLevel.PROVINCE,
)


@dataclass(frozen=True, slots=True)
class AreaRef:
    """An area by value."""

    code: str
    name: str
    level: AreaLevel

    @property
    def called(self) -> str:
        """Its name; a unit grid, whose name is its code, by its number in the community."""
        return self.name if self.name != self.code else f"{self.code[-3:]}号网格"


@dataclass(frozen=True, slots=True)
class Located:
    """The chain of a point; `grid` is None in a gap between grids, and so on upward."""

    grid: AreaRef | None
    community: AreaRef | None
    street: AreaRef | None
    district: AreaRef | None
    city: AreaRef | None

    @property
    def smallest(self) -> AreaRef:
        """The smallest area that encloses the point."""
        for found in (self.grid, self.community, self.street, self.district, self.city):
            if found is not None:
                return found
        raise AssertionError("a located point lies in some area")

    @property
    def code(self) -> str:
        """The code of the smallest area; it carries all the others."""
        return self.smallest.code


@dataclass(frozen=True, slots=True)
class _Layer:
    """One level's shapes in the order of codes; a last code "" stands for no area."""

    codes: NDArray[np.str_]
    tree: shapely.STRtree

    def find(self, points: NDArray[np.float64]) -> NDArray[np.str_]:
        """Give one code per point (N × 2), "" where none; on a boundary the lowest code."""
        asked, near = self.tree.query(shapely.points(points))
        # The tree's shapes are prepared, the points are not: testing boxes first and prepared
        # shapes after is quicker than the tree's own predicate, the more so for winding borders.
        shapes = self.tree.geometries[near]
        hit = shapely.intersects_xy(shapes, points[asked, 0], points[asked, 1])
        # The tree was built in the order of codes: the lowest position is the lowest code.
        best = np.full(len(points), len(self.codes) - 1, dtype=np.int64)
        np.minimum.at(best, asked[hit], near[hit])
        return self.codes[best]

    def find_one(self, point: Any) -> str:
        """Give the code of one point; the same answer at a tenth of the cost."""
        hit = self.tree.query(point, predicate="intersects")
        return str(self.codes[hit.min()]) if len(hit) else ""


def locate(lon: float, lat: float, *, on: date | None = None) -> Located | None:
    """Give the chain of a point (CGCS2000 degrees), or None where no area of ours encloses it."""
    code = _area_at(_layers_on(on), shapely.Point(lon, lat))
    return located(code) if code else None


def locate_many(points: NDArray[np.float64], *, on: date | None = None) -> NDArray[np.str_]:
    """Give the unit grid of each point (N × 2, CGCS2000 lon/lat), "" where no grid encloses it.

    A point on a shared boundary belongs to the lowest code, so that every point has one grid.
    """
    layer = _layers_on(on).get(AreaLevel.GRID)
    if layer is None or not len(points):
        return np.full(len(points), "", dtype="U15")
    return layer.find(points).astype("U15")


def locate_areas(points: NDArray[np.float64], *, on: date | None = None) -> NDArray[np.str_]:
    """Give the code of the smallest area around each point (N × 2), "" outside all of them."""
    layers = _layers_on(on)
    if len(points) <= _FEW:
        return np.array([_area_at(layers, shapely.Point(one)) for one in points], dtype="U15")
    result = np.full(len(points), "", dtype="U15")
    open_ = np.arange(len(points))
    for level in _SMALLEST_FIRST:
        layer = layers.get(level)
        if layer is None or not len(open_):
            continue
        result[open_] = layer.find(points[open_])
        open_ = open_[result[open_] == ""]
    return result


@revised("areas")
def located(code: str) -> Located:
    """Give the chain that an area code carries, as `locate` would."""
    by_level = {ref.level: ref for ref in chain(code)}
    return Located(
        grid=by_level.get(AreaLevel.GRID),
        community=by_level.get(AreaLevel.COMMUNITY),
        street=by_level.get(AreaLevel.STREET),
        district=by_level.get(AreaLevel.DISTRICT),
        city=by_level.get(AreaLevel.CITY) or by_level.get(AreaLevel.PROVINCE),
    )


def chain(code: str) -> list[AreaRef]:
    """Give the areas from the largest to `code` itself; those we don't know are left out."""
    return list(_chain(code))


def place_name(code: str) -> str:
    """Name an area with the one above it."""
    return "".join(area.called for area in chain(code)[-2:])


def suspected_crs(lon: float, lat: float) -> CRS | None:
    """Say in which system a point outside the city was probably measured, if one brings it in.

    Only asked for points that `locate` doesn't find: a shift of 500 m inside the city can't be
    seen from one point.
    """
    for crs in (CRS.GCJ02, CRS.BD09):
        there = convert(lon, lat, crs, CRS.CGCS2000)
        if locate(*there) is not None:
            return crs
    return None


def _area_at(layers: Mapping[AreaLevel, _Layer], point: Any) -> str:
    for level in _SMALLEST_FIRST:
        layer = layers.get(level)
        code = layer.find_one(point) if layer else ""
        if code:
            return code
    return ""


def _layers_on(on: date | None) -> dict[AreaLevel, _Layer]:
    # Between two changes of validity every day has the same layers: kept once per period.
    starts = _periods()
    at = bisect_right(starts, on or local_today())
    return _layers(starts[at - 1]) if at else {}


@revised("areas")
def _periods() -> list[date]:
    shaped = Area.objects.filter(geometry__isnull=False)
    starts = set(shaped.values_list("valid_from", flat=True).distinct())
    ends = shaped.exclude(valid_to=None).values_list("valid_to", flat=True).distinct()
    return sorted(starts | {end + timedelta(days=1) for end in ends if end is not None})


@revised("areas")
def _layers(on: date) -> dict[AreaLevel, _Layer]:
    current = (
        Area.objects.filter(geometry__isnull=False, valid_from__lte=on)
        .exclude(valid_to__lt=on)
        .order_by("code")
    )
    sql, params = current.values("level", "code", "geometry").query.sql_with_params()
    levels: dict[str, tuple[list[str], list[str]]] = {}
    with connection.cursor() as cursor:
        # As text: shapely reads GeoJSON faster than Python could hand it over.
        cursor.execute(f"SELECT level, code, geometry::text FROM ({sql}) AS area", params)  # noqa: S608
        for level, code, text in cursor:
            codes, texts = levels.setdefault(level, ([], []))
            codes.append(code)
            texts.append(text)
    return {
        AreaLevel(level): _Layer(np.array([*codes, ""], dtype="U15"), shapely.STRtree(_read(texts)))
        for level, (codes, texts) in levels.items()
    }


def _read(texts: list[str]) -> NDArray[Any]:
    shapes = np.asarray(shapely.from_geojson(texts), dtype=object)
    shapely.prepare(shapes)
    return shapes


@revised("areas")
def _chain(code: str) -> tuple[AreaRef, ...]:
    known = _known()
    prefixes = [code[:length] for length in LENGTHS if length <= len(code)]
    if code in known:
        return tuple(known[prefix] for prefix in prefixes if prefix in known)
    # Villages without geometry may number six hundred thousand: asked one by one, then kept.
    found = Area.objects.filter(code__in=prefixes).order_by("code")
    return tuple(
        AreaRef(area_code, name, AreaLevel(level))
        for area_code, name, level in found.values_list("code", "name", "level")
    )


@revised("areas")
def _known() -> dict[str, AreaRef]:
    shaped = list(Area.objects.filter(geometry__isnull=False).values_list("code", "name", "level"))
    above = {code[:length] for code, _, _ in shaped for length in LENGTHS if length < len(code)}
    missing = above - {code for code, _, _ in shaped}
    shaped += Area.objects.filter(code__in=missing).values_list("code", "name", "level")
    return {code: AreaRef(code, name, AreaLevel(level)) for code, name, level in shaped}

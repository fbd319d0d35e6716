"""Places drawn on the map: a circle or polygons, and the cases that lie in them.

Without PostGIS: PostgreSQL's own `point`, `box` and `polygon`, for which the GiST index of points serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import shapely
from django.db.models import BooleanField, F, Func, Q, Value
from shapely.validation import explain_validity

from chengguan.core.errors import Invalid
from chengguan.core.metres import LocalPlane

from .errors import ReportInvalid
from .places import converted

LEAST_METRES: Final = 1
MOST_METRES: Final = 50_000
MOST_CORNERS: Final = 1_000
_MOST_TEXT: Final = 60_000


@dataclass(frozen=True, slots=True)
class Circle:
    """Around a point (CGCS2000 degrees), in metres on the flat map around it."""

    lon: float
    lat: float
    metres: float

    def q(self) -> Q:
        """Give the condition: the box first, for which there is an index."""
        plane = LocalPlane(self.lon, self.lat)
        west, south, east, north = self.bounds()
        box = _Inside(F("point"), Value(f"(({east!s},{north!s}),({west!s},{south!s}))"), kind="box")
        # Metres for one degree, as `LocalPlane` has them.
        ((kx, ky),) = plane.to_metres([[self.lon + 1, self.lat + 1]])
        near = _Near(
            F("point"), lon=self.lon, lat=self.lat, kx=float(kx), ky=float(ky), metres=self.metres
        )
        return Q(box) & Q(near)

    def bounds(self) -> tuple[float, float, float, float]:
        """Give west, south, east, north in degrees."""
        plane = LocalPlane(self.lon, self.lat)
        (west, south), (east, north) = plane.to_degrees([[-self.metres] * 2, [self.metres] * 2])
        return float(west), float(south), float(east), float(north)

    def holds(self, point: tuple[float, float] | None) -> bool:
        """Say whether a point (CGCS2000 degrees) lies in it."""
        if point is None:
            return False
        ((x, y),) = LocalPlane(self.lon, self.lat).to_metres([point])
        return bool(x * x + y * y <= self.metres**2)


@dataclass(frozen=True, slots=True)
class Polygons:
    """One polygon or several: rings of CGCS2000 (lon, lat); of each the first is its border, the others holes."""

    rings: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]

    def q(self) -> Q:
        """Give the condition."""
        whole = Q()
        for index, (border, *holes) in enumerate(self.rings):
            one = Q(_inside_ring(border))
            for hole in holes:
                one &= ~Q(_inside_ring(hole))
            whole = whole | one if index else one
        return whole & Q(point__isnull=False)

    def bounds(self) -> tuple[float, float, float, float]:
        """Give west, south, east, north in degrees."""
        corners = [corner for border, *_ in self.rings for corner in border]
        lons, lats = [lon for lon, _ in corners], [lat for _, lat in corners]
        return min(lons), min(lats), max(lons), max(lats)

    def holds(self, point: tuple[float, float] | None) -> bool:
        """Say whether a point (CGCS2000 degrees) lies in it, its border included."""
        if point is None:
            return False
        shape = shapely.MultiPolygon([(border, holes) for border, *holes in self.rings])
        return bool(shape.covers(shapely.Point(point)))


Drawn = Circle | Polygons


def circle_of(text: str, crs: str = "CGCS2000") -> Circle:
    """Read `经度,纬度,米` as the map hands it over.

    Raises:
        Invalid: it is no circle, or narrower than a metre or wider than 50 km.
    """
    try:
        lon, lat, metres = (float(one) for one in text.replace("，", ",").split(","))
    except ValueError:
        raise _wrong(
            f"圆形范围“{text[:40]}”写得不对。", "应为 经度,纬度,半径（米），如 121.9,30.9,500。"
        ) from None
    if not (LEAST_METRES <= metres <= MOST_METRES):
        raise _wrong("半径应为 1 至 50000 米。", "请缩小范围，或改按区域查询。")
    ((lon, lat),) = _moved([(lon, lat)], crs)
    return Circle(lon, lat, metres)


def polygons_of(text: str, crs: str = "CGCS2000") -> Polygons:
    """Read a GeoJSON Polygon, MultiPolygon, or a Feature of one.

    Raises:
        Invalid: it is something else, has over a thousand corners, or crosses itself.
    """
    rings = _rings(text)
    if sum(len(ring) for polygon in rings for ring in polygon) > MOST_CORNERS:
        raise _wrong(f"范围的拐点超过 {MOST_CORNERS} 个。", "请简化后再查询。")
    found = []
    for polygon in rings:
        moved = tuple(tuple(_moved(ring, crs)) for ring in polygon)
        shape = shapely.Polygon(moved[0], moved[1:])
        if not shape.is_valid or shape.is_empty or not shape.area:
            raise _wrong(
                f"画的范围{_why(shape)}。", "边界不能自相交叉，也不能只是一条线；请重新画。"
            )
        found.append(moved)
    return Polygons(tuple(found))


def _rings(text: str) -> list[list[list[tuple[float, float]]]]:
    wrong = _wrong(
        "范围不是 GeoJSON 多边形。", "应为 Polygon 或 MultiPolygon，坐标为 [经度, 纬度]。"
    )
    if len(text) > _MOST_TEXT:
        raise _wrong("范围的文字太长。", "请简化后再查询。")
    try:
        read: Any = orjson.loads(text)
        if read.get("type") == "Feature":
            read = read["geometry"]
        single = {"Polygon": True, "MultiPolygon": False}[read["type"]]
        polygons = [read["coordinates"]] if single else read["coordinates"]
        rings = [
            [[(float(lon), float(lat)) for lon, lat, *_ in ring] for ring in polygon]
            for polygon in polygons
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise wrong from None
    if not rings or any(not polygon or any(len(ring) < 3 for ring in polygon) for polygon in rings):
        raise wrong
    return rings


def _moved(points: Sequence[tuple[float, float]], crs: str) -> list[tuple[float, float]]:
    # What is no number lies between no two of them.
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points):
        raise _wrong("范围的坐标不是经度、纬度（度）。", "请核对坐标的次序和坐标系。")
    try:
        return converted(points, crs or "CGCS2000")
    except ReportInvalid as error:
        raise Invalid("cases.filter.crs", error.message, mend=error.mend, field="crs") from None


def _why(shape: Any) -> str:
    said = explain_validity(shape)
    if said.startswith("Self-intersection"):
        at = said.partition("[")[2].rstrip("]").split()
        return (
            f"自相交叉（经度 {float(at[0]):.6f}，纬度 {float(at[1]):.6f} 处）"
            if len(at) == 2
            else "自相交叉"
        )
    return "不成为一个面"


def _wrong(message: str, mend: str) -> Invalid:
    return Invalid("cases.filter.place", message, mend=mend, field="place")


def _inside_ring(ring: Sequence[tuple[float, float]]) -> _Inside:
    return _Inside(
        F("point"), Value("(" + ",".join(f"({x!r},{y!r})" for x, y in ring) + ")"), kind="polygon"
    )


class _Inside(Func):
    """`point <@ box` or `point <@ polygon`."""

    template = "(%(expressions)s::%(kind)s)"
    arg_joiner = " <@ "
    output_field = BooleanField()


class _Near(Func):
    """Within metres of a point, on the flat map around it."""

    output_field = BooleanField()
    template = (
        "(power(((%(expressions)s)[0] - %(lon)r) * %(kx)r, 2)"
        " + power(((%(expressions)s)[1] - %(lat)r) * %(ky)r, 2) <= %(metres)r ^ 2)"
    )

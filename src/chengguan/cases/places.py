"""Where a report or case is: a point converted once, or an area code, checked against the city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chengguan.core.coordinates import CRS, convert_many
from chengguan.registry.domain.locate import chain, locate_areas, suspected_crs
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area
from chengguan.store.cache import revised

from .errors import OutsideCity, ReportInvalid


@dataclass(frozen=True, slots=True)
class Place:
    """`point` is CGCS2000 (lon, lat); `area_code` the smallest area known, down to the grid."""

    area_code: str
    point: tuple[float, float] | None = None


def place_of(point: Any, area_code: str = "") -> Place:
    """Give the place of a CGCS2000 point [lon, lat], else of an area code.

    Raises:
        OutsideCity: the point lies in no area of ours.
        ReportInvalid: neither is what it should be.
    """
    if point is None:
        return Place(known_area(area_code))
    lonlat = checked_point(point)
    code = str(locate_areas(np.array([lonlat]))[0])
    if not code:
        raise outside(lonlat)
    return Place(code, lonlat)


def checked_point(point: Any) -> tuple[float, float]:
    """Give (lon, lat) as floats of a two-element list of degrees.

    Raises:
        ReportInvalid: it is something else, or no place on earth.
    """
    try:
        east, north = point
        lon, lat = float(east), float(north)
    except (TypeError, ValueError):
        lon = lat = float("nan")
    # What is no number lies between no two of them.
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ReportInvalid(
            "cases.point", "位置应为经度、纬度（度）。", field="lon", mend="请重新标定位置。"
        )
    return lon, lat


def outside(point: tuple[float, float]) -> OutsideCity:
    """Say that a point is outside, and in which system it would lie inside."""
    suspected = suspected_crs(*point)
    return OutsideCity(*point, inside_as=_NAMES[suspected] if suspected else None)


def converted(points: Sequence[tuple[float, float]], crs: str) -> list[tuple[float, float]]:
    """Convert points of one system to CGCS2000.

    Raises:
        ReportInvalid: the system is not known.
    """
    try:
        source = CRS(crs)
    except ValueError:
        raise ReportInvalid(
            "cases.crs",
            f"不认识的坐标系“{crs}”。",
            field="crs",
            mend=f"请填 {'、'.join(CRS)} 之一。",
        ) from None
    return [(float(lon), float(lat)) for lon, lat in convert_many(points, source)]


def known_area(code: str) -> str:
    """Give the code if it is one of our areas.

    Raises:
        ReportInvalid: there is no such area.
    """
    if code and home_area().startswith(code):
        # Nothing narrower is said than that it is ours.
        return home_area()
    found = chain(code) if code else []
    if not found or found[-1].code != code:
        raise ReportInvalid(
            "cases.area", f"没有区划“{code}”。", field="area_code", mend="请核对区划代码。"
        )
    return code


@revised("areas")
def home_area() -> str:
    """Give the code of the smallest area that holds all our districts: the place of what has none."""
    codes = list(
        Area.objects.filter(level=AreaLevel.DISTRICT, geometry__isnull=False)
        .values_list("code", flat=True)
        .order_by("code")
    ) or list(Area.objects.filter(level=AreaLevel.DISTRICT).values_list("code", flat=True)[:2])
    if not codes:
        raise ReportInvalid(
            "cases.no_areas",
            "还没有导入区划，不能受理上报。",
            mend="请先用 chengguan import 导入区划与单元网格。",
        )
    first, last = min(codes), max(codes)
    for length in (6, 4, 2):
        if first[:length] == last[:length]:
            return first[:length]
    return first[:2]


def number_area(area_code: str) -> str:
    """Give the six digits under which a case in this area is numbered."""
    return f"{area_code[:6]:0<6}"


_NAMES = {CRS.GCJ02: "GCJ-02", CRS.BD09: "BD-09"}

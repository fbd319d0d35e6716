"""What must hold between areas: closed, valid, inside the parent, no overlap, no gap over a metre.

Overlaps and overhangs count from ten centimetres of width on: below, they are rounding.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from .plane import plane_of, to_degrees, to_metres
from .shapes import POLYGONS, place_text

OVERLAP_WIDTH_M: Final = 0.1
GAP_WIDTH_M: Final = 1.0
_REPAIR: Final = "请在制图软件中修正，或用“修复边界”（chengguan registry repair）处理后再导入。"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A broken rule with its place and its mend; `codes` are the areas it concerns."""

    codes: tuple[str, ...]
    message: str
    mend: str


def structure_flaw(geojson: Any) -> Flaw | None:
    """Say what is wrong with one GeoJSON geometry as it stands in the file, before any reading."""
    if not isinstance(geojson, Mapping) or geojson.get("type") not in POLYGONS:
        kind = geojson.get("type") if isinstance(geojson, Mapping) else "空"
        return Flaw((), f"边界是“{kind}”，不是面。", "请导出为 Polygon 或 MultiPolygon。")
    coordinates = geojson.get("coordinates")
    polygons = [coordinates] if geojson["type"] == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        return Flaw((), "边界没有坐标。", "请检查导出设置。")
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            return Flaw((), "边界中有空的面。", "请删除空面后再导入。")
        for ring in polygon:
            flaw = _ring_flaw(ring)
            if flaw:
                return flaw
    return None


def crossing_flaw(code: str, geometry: Any) -> Flaw | None:
    """Say where a shape crosses or touches itself; None when it is valid."""
    reason = shapely.is_valid_reason(geometry)
    if reason == "Valid Geometry":
        return None
    kind, _, place = reason.partition("[")
    where = place.rstrip("]").split()
    words = {
        "Self-intersection": "边界自相交",
        "Ring Self-intersection": "边界自相接",
        "Hole lies outside shell": "孔洞在外边界之外",
        "Nested holes": "孔洞相互嵌套",
        "Nested shells": "面相互嵌套",
        "Duplicate Rings": "有重复的环",
        "Interior is disconnected": "内部不连通",
        "Too few points in geometry component": "有效顶点不足",
    }
    at = f"，在经度 {float(where[0]):.6f}，纬度 {float(where[1]):.6f} 处" if len(where) >= 2 else ""
    return Flaw((code,), f"{words.get(kind.strip(), '边界无效')}{at}。", _REPAIR)


def sibling_flaws(shapes: Mapping[str, Any], of: Container[str] | None = None) -> Iterator[Flaw]:
    """Give every pair of siblings (code → valid geometry in degrees) that overlaps, by code.

    With `of`, only pairs of which at least one code is in it.
    """
    codes = sorted(shapes)
    if len(codes) < 2:
        return
    degrees = np.array([shapes[code] for code in codes], dtype=object)
    plane = plane_of(degrees)
    flat = to_metres(plane, degrees)
    left, right = shapely.STRtree(flat).query(flat, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.intersection(flat[left], flat[right])
    wide = _wider(shared, OVERLAP_WIDTH_M)
    order = np.lexsort((right[wide], left[wide]))
    for at in np.flatnonzero(wide)[order]:
        a, b = codes[left[at]], codes[right[at]]
        if of is not None and a not in of and b not in of:
            continue
        where = place_text(to_degrees(plane, shared[at]))
        size = float(shapely.area(shared[at]))
        yield Flaw((a, b), f"{a} 与 {b} 重叠 {size:.1f} 平方米，在{where}。", _REPAIR)


def parent_flaws(
    parent_code: str, parent: Any, children: Mapping[str, Any], *, must_fill: bool = True
) -> Iterator[Flaw]:
    """Give what sticks out of the parent, and, when the children must fill it, what stays empty."""
    codes = sorted(children)
    degrees = np.array([children[code] for code in codes], dtype=object)
    plane = plane_of([parent])
    flat, whole = to_metres(plane, degrees), to_metres(plane, parent)
    shapely.prepare(whole)
    suspects = np.flatnonzero(~shapely.covered_by(flat, whole))
    outside = shapely.difference(flat[suspects], whole)
    for at in np.flatnonzero(_wider(outside, GAP_WIDTH_M)):
        code = codes[suspects[at]]
        size = float(shapely.area(outside[at]))
        where = place_text(to_degrees(plane, outside[at]))
        message = f"{code} 有 {size:.1f} 平方米在上级 {parent_code} 之外，在{where}。"
        yield Flaw((code,), message, "请核对代码与边界，或先修正上级的边界。")
    if must_fill:
        yield from _gaps(parent_code, whole, flat, plane, codes)


def _gaps(
    parent_code: str, whole: Any, flat: NDArray[Any], plane: Any, codes: Sequence[str]
) -> Iterator[Flaw]:
    rest = np.asarray(shapely.get_parts(shapely.difference(whole, shapely.union_all(flat))))
    if not len(rest):
        return
    tree = shapely.STRtree(flat)
    for gap in rest[_wider(rest, GAP_WIDTH_M)]:
        near = codes[int(tree.nearest(gap))]
        where = place_text(to_degrees(plane, gap))
        message = (
            f"{parent_code} 内有 {gap.area:.1f} 平方米没有被下级覆盖，在{where}，靠近 {near}。"
        )
        yield Flaw((near,), message, "请补齐空隙（宽度不得超过 1 米）。")


def _wider(shapes: Any, width: float) -> NDArray[np.bool_]:
    """Say which shapes (metres) are wider than `width` somewhere: an erosion leaves something."""
    found: NDArray[np.bool_] = ~shapely.is_empty(shapely.buffer(shapes, -width / 2, quad_segs=2))
    return found


def _ring_flaw(ring: Any) -> Flaw | None:
    if not isinstance(ring, list) or len(ring) < 4:
        return Flaw((), "边界环少于 4 个顶点。", "一个面至少要有三个不同顶点，并首尾相同。")
    for point in ring:
        if (
            not isinstance(point, list)
            or len(point) < 2
            or not all(isinstance(value, int | float) for value in point[:2])
        ):
            return Flaw((), f"边界中有无效的顶点：{point}。", "顶点应为 [经度, 纬度]。")
    if ring[0][:2] != ring[-1][:2]:
        where = f"经度 {ring[-1][0]:.6f}，纬度 {ring[-1][1]:.6f}"
        return Flaw((), f"边界没有闭合，末点在{where}。", "请让最后一个顶点与第一个顶点相同。")
    return None

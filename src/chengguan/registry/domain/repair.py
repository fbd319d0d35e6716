"""Published boundaries are often display drawings: they overlap, cross themselves, leave slits.

The repair is one fixed sequence, so that the same drawings always give the same areas:

1. snap to a grid of 1e-7 degrees (a centimetre) and make each shape valid, polygons only;
2. node all shapes together; overlapping ground goes to the smaller shape;
3. fill enclosed gaps narrower than `gap_m` from the neighbour with the longest shared edge.

Wider gaps are real (water, land of others): they stay and are said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from chengguan.core.metres import LocalPlane

from .plane import plane_of, to_degrees, to_metres
from .shapes import place_text

SNAP: Final = 1e-7
GAP_M: Final = 10.0
# Under this nobody would call it a change: it is the snapping alone.
_CHANGE_M2: Final = 1.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """One shape as it came: any polygonal geometry in CGCS2000 degrees, perhaps invalid."""

    code: str
    geometry: Any


@dataclass(frozen=True, slots=True)
class Repaired:
    """A shape after the repair; `note` says in Chinese what was done, "" when nothing was."""

    code: str
    geometry: Any
    original: Any
    note: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Enclosed ground that belongs to none of the shapes, after the repair."""

    geometry: Any
    area_m2: float
    width_m: float

    @property
    def text(self) -> str:
        """Say where it is and how large."""
        where = place_text(self.geometry)
        return f"{where} 处有 {self.area_m2:.0f} 平方米、宽约 {self.width_m:.1f} 米的空隙"


@dataclass(frozen=True, slots=True)
class RepairResult:
    """Every shape in the order it was given, and the gaps that stay."""

    areas: tuple[Repaired, ...]
    gaps: tuple[Gap, ...]


def repair(drawings: Sequence[Drawing], *, gap_m: float = GAP_M) -> RepairResult:
    """Make siblings a clean coverage: valid, without overlaps, with exactly shared edges.

    Raises:
        ValueError: a drawing has no area at all.
    """
    originals = np.array([drawing.geometry for drawing in drawings], dtype=object)
    plane = plane_of(originals)
    valid = np.array([_valid(drawing) for drawing in drawings], dtype=object)
    flat = to_metres(plane, valid)
    clean = shapely.coverage_clean(flat, gap_width=gap_m, merge_strategy="min_area")
    degrees = to_degrees(plane, clean, digits=7)
    if not (shapely.is_valid(degrees).all() and shapely.coverage_is_valid(degrees)):
        # Rounding can fold a needle thinner than a centimetre; unrounded coordinates can't.
        degrees = to_degrees(plane, clean)
    degrees = shapely.normalize(degrees)
    others = _overlaps(flat)
    areas = tuple(
        Repaired(drawing.code, after, drawing.geometry, _note(drawing, before, now, overlap))
        for drawing, after, before, now, overlap in zip(
            drawings, degrees, flat, clean, others, strict=True
        )
    )
    return RepairResult(areas, tuple(gaps_between(degrees, plane)))


def gaps_between(shapes: Any, plane: LocalPlane | None = None) -> list[Gap]:
    """Give the ground enclosed by the shapes (degrees) that belongs to none, the largest first."""
    plane = plane or plane_of(shapes)
    parts = shapely.get_parts(shapely.union_all(to_metres(plane, shapes)))
    rings = [ring for part in parts for ring in part.interiors]
    found = []
    for hole in shapely.polygons(rings) if rings else []:
        width = 2 * shapely.length(shapely.maximum_inscribed_circle(hole))
        found.append(Gap(to_degrees(plane, hole), float(hole.area), float(width)))
    return sorted(found, key=lambda gap: (-gap.area_m2, gap.geometry.bounds))


def _valid(drawing: Drawing) -> Any:
    snapped = shapely.set_precision(drawing.geometry, SNAP, mode="pointwise")
    whole = shapely.make_valid(snapped, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    if not parts:
        raise ValueError(f"{drawing.code} has no area")
    return shapely.union_all(parts)


def _overlaps(flat: NDArray[Any]) -> list[float]:
    left, right = shapely.STRtree(flat).query(flat, predicate="intersects")
    other = left != right
    left, right = left[other], right[other]
    shared = shapely.area(shapely.intersection(flat[left], flat[right]))
    return [float(value) for value in np.bincount(left, shared, minlength=len(flat))]


def _note(drawing: Drawing, before: Any, after: Any, overlap: float) -> str:
    said = []
    if not shapely.is_valid(drawing.geometry):
        said.append("消除自相交")
    lost = float(shapely.difference(before, after).area)
    gained = float(shapely.difference(after, before).area)
    if overlap >= _CHANGE_M2:
        said.append(f"与相邻区域重叠 {overlap:.0f} 平方米，让出 {lost:.0f} 平方米")
    elif lost >= _CHANGE_M2:
        said.append(f"让出 {lost:.0f} 平方米")
    if gained >= _CHANGE_M2:
        said.append(f"补入缝隙 {gained:.0f} 平方米")
    return "；".join(said)

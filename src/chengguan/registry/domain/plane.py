"""Shapes on a flat map in metres: widths of gaps and overlaps are told in metres, not degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from chengguan.core.metres import LocalPlane


def plane_of(geometries: Any) -> LocalPlane:
    """Give the plane around the middle of the geometries' bounding box."""
    west, south, east, north = shapely.total_bounds(np.asarray(geometries, dtype=object))
    return LocalPlane(float(west + east) / 2, float(south + north) / 2)


def to_metres(plane: LocalPlane, geometry: Any) -> Any:
    """Give a geometry, or an array of them, in metres east and north of the plane's centre."""
    return shapely.transform(geometry, plane.to_metres)


def to_degrees(plane: LocalPlane, geometry: Any, digits: int | None = None) -> Any:
    """Give a geometry back in degrees, rounded to `digits` where said (7 is a centimetre)."""

    def back(points: NDArray[np.float64]) -> NDArray[np.float64]:
        degrees = plane.to_degrees(points)
        return degrees if digits is None else np.round(degrees, digits)

    return shapely.transform(geometry, back)

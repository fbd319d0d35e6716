"""Metres from degrees: distances, lengths and areas of CGCS2000 shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chengguan.core.coordinates import Points

EARTH_RADIUS: Final = 6_371_008.8  # metres, mean radius
# The CGCS2000 ellipsoid.
_A: Final = 6_378_137.0
_E2: Final = (2.0 - 1.0 / 298.257_222_101) / 298.257_222_101
_E: Final = sqrt(_E2)


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the great-circle distance in metres (haversine, within 0.5 %)."""
    p1, p2 = radians(lat1), radians(lat2)
    h = sin((p2 - p1) / 2) ** 2 + cos(p1) * cos(p2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(h)))


def distances_m(lon: float, lat: float, points: ArrayLike) -> NDArray[np.float64]:
    """Return the great-circle distances in metres from one point to many, shape (n, 2)."""
    there = np.radians(np.asarray(points, dtype=np.float64).reshape(-1, 2))
    here = np.radians(np.array([lon, lat]))
    half = (there - here) / 2
    h = np.sin(half[:, 1]) ** 2 + np.cos(here[1]) * np.cos(there[:, 1]) * np.sin(half[:, 0]) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(1.0, h)))
    return metres


class LocalPlane:
    """A flat map around a point: equirectangular with the ellipsoid's own radii.

    Right to 0.1 % within some 20 km of the centre; for grids and fences, not
    for provinces.
    """

    __slots__ = ("_east", "_north", "lat", "lon")

    def __init__(self, lon: float, lat: float) -> None:
        self.lon = lon
        self.lat = lat
        bend = 1.0 - _E2 * sin(radians(lat)) ** 2
        self._east = radians(1) * _A / sqrt(bend) * cos(radians(lat))
        self._north = radians(1) * _A * (1.0 - _E2) / (bend * sqrt(bend))

    def to_metres(self, points: ArrayLike) -> Points:
        """Return metres east and north of the centre, shape (n, 2)."""
        given = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        return (given - (self.lon, self.lat)) * (self._east, self._north)

    def to_degrees(self, metres: ArrayLike) -> Points:
        """Return degrees from metres east and north of the centre."""
        given = np.asarray(metres, dtype=np.float64).reshape(-1, 2)
        return given / (self._east, self._north) + (self.lon, self.lat)


def area_m2(shape: Mapping[str, Any]) -> float:
    """Return the area of a GeoJSON object in m²; holes are left out, lines are 0.

    Measured on the equal-area cylinder of the ellipsoid, so that a country is
    as right as a grid. Takes geometries, features and collections.
    """
    total = 0.0
    for polygon in _polygons(shape):
        for index, ring in enumerate(polygon):
            total += abs(_ring_area(ring)) * (-1 if index else 1)
    return total


def length_m(shape: Mapping[str, Any]) -> float:
    """Return the length in metres of the lines, or of the rings, of a GeoJSON object."""
    total = 0.0
    for line in _lines(shape):
        degrees = np.asarray([position[:2] for position in line], dtype=np.float64)
        for a, b in pairwise(degrees):
            plane = LocalPlane(float(a[0]), float(a[1] + b[1]) / 2)
            total += float(np.hypot(*plane.to_metres(b - a + (a[0], plane.lat))[0]))
    return total


def _ring_area(ring: Sequence[Sequence[float]]) -> float:
    degrees = np.asarray([position[:2] for position in ring], dtype=np.float64)
    s = np.sin(np.radians(degrees[:, 1]))
    q = (1 - _E2) * (s / (1 - _E2 * s * s) + np.arctanh(_E * s) / _E)
    x = _A * np.radians(degrees[:, 0] - degrees[0, 0])
    y = _A * (q - q[0]) / 2
    # The ring begins at the origin: whether it is closed or not, its last edge adds nothing.
    return float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:])) / 2


def _polygons(shape: Mapping[str, Any]) -> Iterator[Any]:
    for geometry in _geometries(shape):
        if geometry["type"] == "Polygon":
            yield geometry["coordinates"]
        elif geometry["type"] == "MultiPolygon":
            yield from geometry["coordinates"]


def _lines(shape: Mapping[str, Any]) -> Iterator[Any]:
    for geometry in _geometries(shape):
        if geometry["type"] == "LineString":
            yield geometry["coordinates"]
        elif geometry["type"] == "MultiLineString":
            yield from geometry["coordinates"]
    for polygon in _polygons(shape):
        yield from polygon


def _geometries(shape: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    kind = shape["type"]
    if kind == "FeatureCollection":
        for feature in shape["features"]:
            yield from _geometries(feature)
    elif kind == "GeometryCollection":
        for geometry in shape["geometries"]:
            yield from _geometries(geometry)
    elif kind == "Feature":
        if shape["geometry"] is not None:
            yield from _geometries(shape["geometry"])
    else:
        yield shape

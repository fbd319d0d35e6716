"""Coordinates: conversion once at the edge, metres where metres are meant.

Everything is stored in CGCS2000, degrees, longitude first. WGS 84 is taken as
identical: the two frames differ by centimetres, less than any phone can tell.
GCJ-02 and BD-09 have no published inverse; it is found by iteration.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]  # shape (n, 2): longitude, latitude


class CRS(StrEnum):
    """The coordinate systems in which Chinese cities hand over points."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


_PLAIN: Final = frozenset({CRS.CGCS2000, CRS.WGS84})
# Krasovsky 1940, on which the GCJ-02 offsets are defined.
_KRASOVSKY_A: Final = 6_378_245.0
_KRASOVSKY_EE: Final = 0.006_693_421_622_965_943
_BD_ANGLE: Final = np.pi * 3_000.0 / 180.0
# GCJ-02 shifts nothing outside this box (west, south, east, north).
_CHINA: Final = (72.004, 0.8293, 137.8347, 55.8271)
_PRECISION: Final = 1e-10  # degrees, about 0.01 mm


def convert(lon: float, lat: float, source: CRS, target: CRS = CRS.CGCS2000) -> tuple[float, float]:
    """Return one point in another system; degrees, longitude first."""
    if source is target or (source in _PLAIN and target in _PLAIN):
        return lon, lat
    moved = convert_many([(lon, lat)], source, target)
    return float(moved[0, 0]), float(moved[0, 1])


def convert_many(points: ArrayLike, source: CRS, target: CRS = CRS.CGCS2000) -> Points:
    """Return points of shape (n, 2) in another system.

    There and back is exact to 0.01 m, except within 1 km of the box outside
    which GCJ-02 shifts nothing: the shift jumps there and has no inverse.
    """
    given = np.array(points, dtype=np.float64).reshape(-1, 2)
    if source is target or (source in _PLAIN and target in _PLAIN):
        return given
    if source is CRS.BD09:
        given = _inverted(_gcj_to_bd, given)
    if target is CRS.BD09:
        return _gcj_to_bd(given if source is CRS.GCJ02 else _wgs_to_gcj(given))
    if target is CRS.GCJ02:
        return given if source is CRS.BD09 else _wgs_to_gcj(given)
    return _inverted(_wgs_to_gcj, given)


def in_shifted_box(points: ArrayLike) -> NDArray[np.bool_]:
    """Say for each point whether GCJ-02 shifts it (the box around China)."""
    given = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    west, south, east, north = _CHINA
    lon, lat = given[:, 0], given[:, 1]
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def guess_shift(
    points: ArrayLike, inside: Callable[[Points], NDArray[np.bool_]], *, margin: float = 0.2
) -> CRS:
    """Guess the system of unlabelled points from where they ought to lie.

    `inside` says which CGCS2000 points lie in the city's polygons. A shifted
    system is named only if it puts `margin` (share of all points) more inside
    than the points as they are; else CGCS2000.
    """
    given = np.array(points, dtype=np.float64).reshape(-1, 2)
    if not len(given):
        return CRS.CGCS2000
    plain = float(np.mean(inside(given)))
    shares = {
        crs: float(np.mean(inside(convert_many(given, crs)))) for crs in (CRS.GCJ02, CRS.BD09)
    }
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] - plain >= margin else CRS.CGCS2000


def _wgs_to_gcj(points: Points) -> Points:
    lon, lat = points[:, 0], points[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    angle = np.radians(lat)
    magic = 1.0 - _KRASOVSKY_EE * np.sin(angle) ** 2
    meridian = _KRASOVSKY_A * (1.0 - _KRASOVSKY_EE) / (magic * np.sqrt(magic))
    parallel = _KRASOVSKY_A / np.sqrt(magic) * np.cos(angle)
    shift = np.column_stack((np.degrees(east / parallel), np.degrees(north / meridian)))
    return np.where(in_shifted_box(points)[:, None], points + shift, points)


def _gcj_to_bd(points: Points) -> Points:
    lon, lat = points[:, 0], points[:, 1]
    radius = np.hypot(lon, lat) + 0.000_02 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000_003 * np.cos(lon * _BD_ANGLE)
    return np.column_stack((radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006))


def _inverted(forward: Callable[[Points], Points], shifted: Points) -> Points:
    found = shifted.copy()
    for _ in range(20):
        rest = shifted - forward(found)
        found += rest
        if not rest.size or np.abs(rest).max() < _PRECISION:
            break
    return found

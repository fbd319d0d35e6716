"""Conversions there and back, and metres that surveyors would recognise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chengguan.core.coordinates import (
    CRS,
    Points,
    convert,
    convert_many,
    guess_shift,
    in_shifted_box,
)
from chengguan.core.metres import LocalPlane, area_m2, distance_m, distances_m, length_m

LINGANG = (121.93, 30.90)


def drawn(seed: int, west: float, south: float, east: float, north: float, n: int) -> Points:
    return np.random.default_rng(seed).uniform((west, south), (east, north), (n, 2))


def test_known_points_of_beijing() -> None:
    # The example that every implementation of the offset is checked by.
    assert convert(116.404, 39.915, CRS.WGS84, CRS.GCJ02) == pytest.approx(
        (116.410_244_499_169_38, 39.916_404_281_501_64), abs=1e-9
    )
    assert convert(116.404, 39.915, CRS.GCJ02, CRS.BD09) == pytest.approx(
        (116.410_369_493_710_29, 39.921_336_993_510_21), abs=1e-9
    )
    assert convert(116.404, 39.915, CRS.BD09, CRS.GCJ02) == pytest.approx(
        (116.397_627_2, 39.908_657_6), abs=2e-5
    )


@pytest.mark.parametrize("crs", [CRS.GCJ02, CRS.BD09])
def test_there_and_back_inside_china(crs: CRS) -> None:
    points = drawn(1, 73, 3.5, 135, 53.5, 100_000)
    shifted = convert_many(points, CRS.CGCS2000, crs)
    gaps = np.hypot(*((shifted - points) * 111_000).T)
    assert gaps.min() > 20
    assert gaps.max() < 3_000
    back = convert_many(shifted, crs)
    assert np.abs((back - points) * 111_320).max() < 0.01
    again = convert_many(back, CRS.WGS84, crs)
    assert np.abs((again - shifted) * 111_320).max() < 0.01


@pytest.mark.parametrize(
    "box", [(-75, 40, -70, 45), (140, 30, 150, 45), (73, -40, 135, 0.5), (73, 56, 135, 80)]
)
def test_outside_china_gcj02_shifts_nothing(box: tuple[float, float, float, float]) -> None:
    points = drawn(2, *box, 1_000)
    assert not in_shifted_box(points).any()
    assert np.array_equal(convert_many(points, CRS.WGS84, CRS.GCJ02), points)
    assert np.array_equal(convert_many(points, CRS.GCJ02), points)


def test_cgcs2000_and_wgs84_are_one() -> None:
    assert convert(*LINGANG, CRS.WGS84) == LINGANG
    assert convert(*LINGANG, CRS.CGCS2000, CRS.WGS84) == LINGANG
    given = np.array([LINGANG])
    moved = convert_many(given, CRS.WGS84)
    assert np.array_equal(moved, given)
    assert moved is not given


def test_bd09_and_gcj02_are_one_step_apart() -> None:
    points = drawn(3, 120, 30, 122, 32, 1_000)
    baidu = convert_many(points, CRS.GCJ02, CRS.BD09)
    assert np.abs(convert_many(baidu, CRS.BD09, CRS.GCJ02) - points).max() < 1e-9


def test_no_points_are_no_error() -> None:
    for source in CRS:
        for target in CRS:
            assert convert_many([], source, target).shape == (0, 2)


def in_box(points: Points) -> NDArray[np.bool_]:
    west, south = LINGANG
    inside: NDArray[np.bool_] = (
        (points[:, 0] >= west)
        & (points[:, 0] <= west + 0.003)
        & (points[:, 1] >= south)
        & (points[:, 1] <= south + 0.003)
    )
    return inside


@pytest.mark.parametrize("crs", [CRS.CGCS2000, CRS.GCJ02, CRS.BD09])
def test_an_unlabelled_shift_is_guessed(crs: CRS) -> None:
    points = drawn(4, LINGANG[0], LINGANG[1], LINGANG[0] + 0.003, LINGANG[1] + 0.003, 500)
    assert guess_shift(convert_many(points, CRS.CGCS2000, crs), in_box) is crs


def test_nothing_is_guessed_from_nothing() -> None:
    assert guess_shift([], in_box) is CRS.CGCS2000
    assert guess_shift([(0.0, 0.0)], in_box) is CRS.CGCS2000


def test_distances() -> None:
    assert distance_m(*LINGANG, *LINGANG) == 0
    assert distance_m(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert distance_m(0, 0, 180, 0) == pytest.approx(20_015_114, abs=1)
    assert distance_m(179.999, 0, -179.999, 0) == pytest.approx(222.4, abs=0.1)
    many = distances_m(*LINGANG, [LINGANG, (121.94, 30.90)])
    assert many.tolist() == pytest.approx([0, distance_m(*LINGANG, 121.94, 30.90)])


def test_the_local_plane_is_flat_and_reversible() -> None:
    plane = LocalPlane(*LINGANG)
    metres = np.array([(0, 0), (100, 0), (0, -100), (12_000.0, 9_000)])
    assert np.allclose(plane.to_metres(plane.to_degrees(metres)), metres, atol=1e-6)
    east = plane.to_degrees([(1_000, 0)])[0]
    assert distance_m(*LINGANG, *east) == pytest.approx(1_000, rel=0.004)


def square(side: float, lon: float = LINGANG[0], lat: float = LINGANG[1]) -> list[list[float]]:
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) * side
    degrees: list[list[float]] = LocalPlane(lon, lat).to_degrees(corners).tolist()
    return degrees


def test_areas_of_grids() -> None:
    grid = {"type": "Polygon", "coordinates": [square(100)]}
    assert area_m2(grid) == pytest.approx(10_000, rel=1e-4)
    holed = {"type": "Polygon", "coordinates": [square(100)[::-1], square(50)]}
    assert area_m2(holed) == pytest.approx(7_500, rel=1e-4)
    both = {"type": "MultiPolygon", "coordinates": [[square(100)], [square(200, 122.2)]]}
    assert area_m2(both) == pytest.approx(50_000, rel=1e-4)
    feature = {"type": "Feature", "properties": {}, "geometry": holed}
    nothing: dict[str, Any] = {"type": "Feature", "properties": {}, "geometry": None}
    assert area_m2({"type": "FeatureCollection", "features": [feature, nothing]}) == area_m2(holed)
    assert area_m2({"type": "GeometryCollection", "geometries": [grid, grid]}) == 2 * area_m2(grid)
    three_d = {"type": "Polygon", "coordinates": [[[*corner, 4.5] for corner in square(100)]]}
    assert area_m2(three_d) == area_m2(grid)


def test_the_area_of_half_the_earth() -> None:
    edge: list[Any] = [[lon, 0] for lon in range(-180, 181, 10)]
    shape = {"type": "Polygon", "coordinates": [[*edge, [180, 90], [-180, 90], edge[0]]]}
    assert area_m2(shape) == pytest.approx(255_032_810_857_000, rel=1e-6)


def test_lengths_of_streets_and_fences() -> None:
    street = {"type": "LineString", "coordinates": square(100)[:3]}
    assert length_m(street) == pytest.approx(200, rel=1e-4)
    assert length_m({"type": "Polygon", "coordinates": [square(100)]}) == pytest.approx(
        400, rel=1e-4
    )
    lines = {"type": "MultiLineString", "coordinates": [square(100)[:2], square(100)[:2]]}
    assert length_m(lines) == pytest.approx(200, rel=1e-4)
    point = {"type": "Point", "coordinates": LINGANG}
    assert (area_m2(point), length_m(point)) == (0, 0)

"""Any point has one chain of areas, on boundaries and in gaps too."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely

from chengguan.core.coordinates import CRS, convert
from chengguan.registry.domain.locate import (
    chain,
    locate,
    locate_areas,
    locate_many,
    located,
    place_name,
    suspected_crs,
)
from chengguan.registry.models import Area
from chengguan.store import revisions, rows

from .town import LEFT, RIGHT, SOUTH, STEP, STREET, WEST, add_area, square

pytestmark = pytest.mark.django_db
HALF = STEP / 2


def test_chain_of_a_point_in_a_grid(town: None) -> None:
    add_area(f"{LEFT}001", "一号", square(WEST, SOUTH, HALF))
    found = locate(WEST + HALF / 2, SOUTH + HALF)
    assert found is not None
    names = [ref.name if ref else None for ref in (found.grid, found.community, found.street)]
    assert names == ["一号", "左社区", "试验街道"]
    assert (found.district and found.district.code, found.city and found.city.code) == (
        "310115",
        "3101",
    )
    assert found.code == f"{LEFT}001"
    assert located(found.code) == found


def test_a_grid_without_a_name_is_called_by_its_number(town: None) -> None:
    add_area(f"{LEFT}001", "一号", square(WEST, SOUTH, HALF))
    add_area(f"{LEFT}002", f"{LEFT}002", square(WEST + HALF, SOUTH, HALF))
    called = [place_name(code) for code in (f"{LEFT}001", f"{LEFT}002", LEFT, "", "999999")]
    assert called == ["左社区一号", "左社区002号网格", "试验街道左社区", "", ""]


def test_gap_between_grids_has_no_grid_but_a_community(town: None) -> None:
    add_area(f"{LEFT}001", "一号", square(WEST, SOUTH, HALF))
    found = locate(WEST + HALF * 1.5, SOUTH + HALF)
    assert found is not None
    assert (found.grid, found.code) == (None, LEFT)


def test_outside_is_none_and_shift_is_suspected(town: None) -> None:
    inside = (WEST + HALF, SOUTH + HALF)
    shifted = convert(*inside, CRS.CGCS2000, CRS.GCJ02)
    assert locate(*shifted) is None
    assert suspected_crs(*shifted) is CRS.GCJ02
    assert suspected_crs(100.0, 40.0) is None


def test_shared_boundary_belongs_to_the_lowest_code(town: None) -> None:
    for number, west in ((2, WEST), (1, WEST + HALF)):
        add_area(f"{LEFT}{number:03d}", str(number), square(west, SOUTH, HALF))
    border = np.array([[WEST + HALF, SOUTH + HALF], [WEST + STEP, SOUTH + HALF]])
    assert locate_many(border).tolist() == [f"{LEFT}001", f"{LEFT}001"]
    assert locate_areas(border).tolist() == [f"{LEFT}001", f"{LEFT}001"]


def test_multipolygon_with_a_hole(town: None) -> None:
    ring = square(WEST, SOUTH).difference(square(WEST + HALF / 2, SOUTH + HALF / 2, HALF, HALF))
    far = square(WEST + 3 * STEP, SOUTH)
    add_area(f"{LEFT}001", "环", shapely.union_all([ring, far]))
    hole, edge, part = (
        (WEST + HALF, SOUTH + HALF),
        (WEST + 1e-5, SOUTH + 1e-5),
        (WEST + 3.5 * STEP, SOUTH + HALF),
    )
    assert locate_many(np.array([hole, edge, part])).tolist() == ["", f"{LEFT}001", f"{LEFT}001"]


def test_boundaries_of_another_day(town: None) -> None:
    Area.objects.filter(code=LEFT).update(valid_to=date(2024, 12, 31))
    revisions.bump("areas")
    point = (WEST + HALF, SOUTH + HALF)
    codes = [
        found and found.code
        for found in (
            locate(*point, on=date(2024, 12, 31)),
            locate(*point, on=date(2025, 1, 1)),
            locate(*point, on=date(2019, 1, 1)),
        )
    ]
    assert codes == [LEFT, STREET, None]


def test_cache_follows_the_revision(town: None) -> None:
    point = np.array([[WEST + HALF / 2, SOUTH + HALF]])
    assert locate_many(point).tolist() == [""]
    add_area(f"{LEFT}001", "一号", square(WEST, SOUTH, HALF))
    assert locate_many(point).tolist() == [f"{LEFT}001"]


def test_chain_without_geometry(town: None) -> None:
    add_area("310115101", "无边界街道")
    assert [ref.name for ref in chain("310115101")] == [
        "上海市",
        "市辖区",
        "浦东新区",
        "无边界街道",
    ]
    assert [ref.code for ref in chain("310115999")] == ["31", "3101", "310115"]


@pytest.mark.slow  # five thousand grids are loaded, half a million points located
def test_half_a_million_points_each_have_their_grid(town: None) -> None:
    side = STEP / 50
    grids = [
        {
            "code": f"31011520{i // 999}001{i % 999 + 1:03d}",
            "name": str(i),
            "level": "grid",
            "parent_code": f"31011520{i // 999}001",
            "geometry": shapely.geometry.mapping(
                square(WEST + i % 100 * side, SOUTH + i // 100 * side, side, side)
            ),
            "valid_from": date(2020, 1, 1),
        }
        for i in range(5_000)
    ]
    rows.insert(Area, grids)
    revisions.bump("areas")
    spread = np.random.default_rng(1).random((500_000, 2)) * [100 * side, 50 * side]
    points = spread + np.array([WEST, SOUTH])
    locate_many(points[:1])
    found = locate_many(points)
    assert not (found == "").any()
    assert RIGHT not in set(found.tolist())

"""Unit grids are closed, tile their community exactly, and are numbered as the standard says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.models import Entry
from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound
from chengguan.registry.domain.repair import Drawing, repair
from chengguan.registry.domain.shapes import to_shape
from chengguan.registry.domain.tessellate import dissolve, repair_areas, tessellate
from chengguan.registry.domain.tessellation import cells_of
from chengguan.registry.domain.topology import (
    crossing_flaw,
    parent_flaws,
    sibling_flaws,
    structure_flaw,
)
from chengguan.registry.models import Area

from .town import LEFT, RIGHT, SOUTH, STEP, STREET, WEST, add_area, square

ODD = shapely.Polygon(
    [
        (121.9, 30.9),
        (121.913, 30.902),
        (121.911, 30.906),
        (121.917, 30.912),
        (121.904, 30.91),
        (121.906, 30.905),
    ],
    holes=[[(121.907, 30.9035), (121.909, 30.9035), (121.908, 30.9048)]],
)
# A metre in degrees, about.
METRE = 1e-5


def test_cells_tile_the_community_exactly() -> None:
    cells = np.array(cells_of(ODD))
    assert shapely.coverage_is_valid(cells)
    assert shapely.is_valid(cells).all()
    assert {cell.geom_type for cell in cells} == {"Polygon"}
    assert shapely.symmetric_difference(shapely.coverage_union_all(cells), ODD).area < 1e-18
    assert list(sibling_flaws({f"{n:03d}": cell for n, cell in enumerate(cells)})) == []
    children = {f"{n:03d}": cell for n, cell in enumerate(cells)}
    assert list(parent_flaws("P", ODD, children)) == []


def test_cells_are_about_a_hectare_and_never_slivers() -> None:
    areas = shapely.area(np.array(cells_of(ODD))) * 1e10 * 1.06
    assert 9_000 < np.median(areas) < 11_500
    assert areas.min() > 2_500


def test_same_input_same_cells() -> None:
    first, second = cells_of(ODD), cells_of(shapely.from_wkb(shapely.to_wkb(ODD)))
    assert [shapely.to_wkb(cell) for cell in first] == [shapely.to_wkb(cell) for cell in second]


def test_coarser_where_more_would_be_needed() -> None:
    wide = square(121.9, 30.9, 0.06, 0.05)
    assert 900 < len(cells_of(wide, max_cells=999)) <= 999
    assert 80 <= len(cells_of(ODD, max_cells=100)) <= 100


def test_tiny_community_is_one_cell() -> None:
    tiny = square(121.9, 30.9, 5 * METRE, 5 * METRE)
    assert len(cells_of(tiny)) == 1


@pytest.mark.django_db
def test_numbers_run_west_to_east_then_north_to_south(town: None, keeper: Principal) -> None:
    done = tessellate(STREET, keeper)
    assert list(done.grids) == [LEFT, RIGHT]
    assert done.total == Area.objects.filter(level="grid").count() > 6
    for community in (LEFT, RIGHT):
        grids = list(Area.objects.filter(parent_code=community).order_by("code"))
        assert [grid.code for grid in grids] == [
            f"{community}{n:03d}" for n in range(1, len(grids) + 1)
        ]
        centres = [grid.centre for grid in grids if grid.centre]
        for before, after in pairwise(centres):
            same_row = abs(before[1] - after[1]) < 0.0003
            assert before[0] < after[0] if same_row else before[1] > after[1]
        assert all(grid.area_m2 and grid.bbox and grid.level == "grid" for grid in grids)
    entries = Entry.objects.filter(action="registry.tessellate").order_by("subject_id")
    assert [entry.subject_id for entry in entries] == [LEFT, RIGHT]


@pytest.mark.django_db
def test_tessellate_refuses(town: None, keeper: Principal, stranger: Principal) -> None:
    with pytest.raises(NotAllowed):
        tessellate(LEFT, stranger)
    assert Entry.objects.get().result == "refused"
    with pytest.raises(NotFound):
        tessellate("310115999", keeper)
    with pytest.raises(Invalid):
        tessellate(LEFT, keeper, max_cells=1_000)
    tessellate(LEFT, keeper)
    with pytest.raises(Conflict):
        tessellate(LEFT, keeper)
    before = list(
        Area.objects.filter(level="grid").order_by("code").values_list("code", "geometry")
    )
    tessellate(LEFT, keeper, replace=True)
    after = list(Area.objects.filter(level="grid").order_by("code").values_list("code", "geometry"))
    assert after == before


def test_repair_makes_a_clean_coverage() -> None:
    big = square(121.9, 30.9, 0.01, 0.01)
    small = square(121.91 - 2 * METRE, 30.9, 0.004, 0.01)
    beside = shapely.Polygon(
        [
            (121.914 + 3 * METRE, 30.9),
            (121.92, 30.9),
            (121.92, 30.91),
            (121.914 - 2 * METRE, 30.91),
            (121.914 + 3 * METRE, 30.905),
        ]
    )
    bow = shapely.Polygon([(121.9, 30.92), (121.91, 30.93), (121.91, 30.92), (121.9, 30.93)])
    result = repair(
        [Drawing("a", big), Drawing("b", small), Drawing("c", beside), Drawing("d", bow)]
    )
    shapes = np.array([area.geometry for area in result.areas])
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()
    # The smaller keeps the shared ground, the larger gives it.
    assert result.areas[0].note.startswith("与相邻区域重叠")
    assert "消除自相交" in result.areas[3].note
    assert result.areas[0].original is big
    again = repair(
        [Drawing("a", big), Drawing("b", small), Drawing("c", beside), Drawing("d", bow)]
    )
    assert [shapely.to_wkb(x.geometry) for x in again.areas] == [
        shapely.to_wkb(x.geometry) for x in result.areas
    ]


def test_wide_gaps_stay_and_are_said() -> None:
    ring = square(121.9, 30.9, 0.01, 0.01).difference(square(121.904, 30.904, 0.002, 0.002))
    result = repair([Drawing("a", ring)])
    assert len(result.gaps) == 1
    assert "空隙" in result.gaps[0].text
    assert result.areas[0].note == ""


@pytest.mark.django_db
def test_repair_keeps_the_original_and_dissolve_makes_the_parent(
    town: None, keeper: Principal
) -> None:
    drawn = square(WEST + STEP - 3 * METRE, SOUTH)
    Area.objects.filter(code=RIGHT).delete()
    Area.objects.filter(code=STREET).update(geometry=None)
    add_area(RIGHT, "右社区", drawn)
    done = repair_areas(STREET, keeper)
    assert list(done.notes) in ([LEFT], [RIGHT], [LEFT, RIGHT])
    moved = Area.objects.get(code=next(iter(done.notes)))
    assert moved.original is not None
    assert "让出" in moved.repair
    shapes = {
        code: to_shape(g)
        for code, g in Area.objects.filter(level="community").values_list("code", "geometry")
    }
    assert list(sibling_flaws(shapes)) == []
    assert repair_areas(STREET, keeper).notes == {}
    dissolve(STREET, keeper)
    whole = to_shape(Area.objects.get(code=STREET).geometry)
    assert whole.equals(shapely.union_all(list(shapes.values())))


def test_flaws_name_the_place() -> None:
    bow = shapely.Polygon([(121.9, 30.9), (121.91, 30.91), (121.91, 30.9), (121.9, 30.91)])
    flaw = crossing_flaw("a", bow)
    assert flaw is not None
    assert flaw.message == "边界自相交，在经度 121.905000，纬度 30.905000 处。"
    open_ring = {
        "type": "Polygon",
        "coordinates": [[[121.9, 30.9], [121.91, 30.9], [121.91, 30.91], [121.9, 30.91]]],
    }
    found = structure_flaw(open_ring)
    assert found is not None
    assert found.message == "边界没有闭合，末点在经度 121.900000，纬度 30.910000。"
    overlap = list(
        sibling_flaws({"a": square(121.9, 30.9), "b": square(121.9 + STEP - METRE, 30.9)})
    )
    assert [flaw.codes for flaw in overlap] == [("a", "b")]
    assert "重叠" in overlap[0].message


def test_gap_over_a_metre_is_a_flaw_and_below_is_not() -> None:
    parent = square(121.9, 30.9)
    half = STEP / 2
    for width, flaws in ((0.8 * METRE, 0), (3 * METRE, 1)):
        children = {
            "a": square(121.9, 30.9, half),
            "b": square(121.9 + half + width, 30.9, half - width),
        }
        assert len(list(parent_flaws("P", parent, children))) == flaws
    outside = list(parent_flaws("P", parent, {"a": square(121.9, 30.9, STEP + 5 * METRE)}))
    assert [flaw.codes for flaw in outside] == [("a",)]
    assert "之外" in outside[0].message

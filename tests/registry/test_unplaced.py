"""Things known before anybody has fixed where they are."""

from __future__ import annotations

import pytest

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.domain.exports import export
from chengguan.registry.domain.imports import apply
from chengguan.registry.models import Camera, Device

from .town import SOUTH, STREET, WEST, offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]
INSIDE = f"{WEST + 0.0001:.6f},{SOUTH + 0.0001:.6f}"
HEADS = "编号,经度,纬度\n"
UNPLACED = f"{HEADS}A,{INSIDE}\nB,0.0,0.0\nC,,\n".encode()


def test_things_without_coordinates_are_kept_when_asked_for(keeper: Principal) -> None:
    run = offer("cameras", UNPLACED, keeper, unplaced=True, area=STREET)

    assert [w["message"] for w in run.warnings] == ["有 2 个没有可用坐标，按“位置待核”导入。"]
    apply(run.pk, keeper)
    found = Camera.objects.order_by("code").values_list("code", "area_code", "grid_code")
    assert [(code, area) for code, area, _ in found][1:] == [("B", STREET), ("C", STREET)]
    assert list(Camera.objects.filter(point=None).values_list("code", flat=True)) == ["B", "C"]


def test_without_being_asked_they_are_refused(keeper: Principal) -> None:
    run = offer("cameras", UNPLACED, keeper)

    assert [(e["row"], e["message"]) for e in run.errors] == [
        (3, "坐标 0.000000, 0.000000 不在中国境内。"),
        (4, "没有坐标。"),
    ]


def test_a_component_is_never_without_its_place(keeper: Principal, catalogue: None) -> None:
    data = "部件标识码,部件名称,经度,纬度\n31011501001000001,井盖,0,0\n".encode()

    run = offer("components", data, keeper, unplaced=True)

    assert run.error_count == 1


def test_a_point_outside_wide_of_our_areas_takes_the_area_said(keeper: Principal) -> None:
    data = f"编号,类型代码,类型,经度,纬度\nD,1,烟感,{WEST - 0.5:.6f},{SOUTH:.6f}\n".encode()

    apply(offer("devices", data, keeper, area=STREET).pk, keeper)

    device = Device.objects.get(code="D")
    assert (device.area_code, device.grid_code, device.point is None) == (STREET, "", False)


def test_the_unplaced_come_back_out_of_an_export(keeper: Principal) -> None:
    apply(offer("cameras", UNPLACED, keeper, unplaced=True, area=STREET).pk, keeper)

    made = b"".join(export("cameras", "geojson", keeper).chunks)

    assert made.count(b'"geometry":null') + made.count(b'"geometry": null') == 2

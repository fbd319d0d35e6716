"""作业车辆: in by a checked file, out again the same, seen by area."""

from __future__ import annotations

import pytest

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.domain.exports import export
from chengguan.registry.models import Vehicle
from chengguan.registry.queries import vehicles_visible_to

from .town import LEFT, RIGHT, STREET, bring_in, holder, offer

pytestmark = pytest.mark.django_db
HEAD = "编号,号牌,类型,使用单位,区域代码,状态\n"


def test_vehicles_come_in_and_go_out_the_same(town: None, keeper: Principal) -> None:
    bring_in(
        "vehicles",
        f"{HEAD}QS-1,沪A·T0001,清扫,环卫所,{LEFT},\nQX-2,,抢修车,市政所,{STREET},维修\n",
        keeper,
    )

    first, second = Vehicle.objects.order_by("code")
    assert (first.plate, first.kind, first.state) == ("沪AT0001", "sweeper", "in_use")
    assert (second.plate, second.kind, second.state) == ("", "repair", "repair")
    told = b"".join(export("vehicles", "csv", keeper).chunks)
    again = offer("vehicles", told, keeper)
    assert (again.errors, again.unchanged) == ([], 2)


def test_each_fault_names_its_row(town: None, keeper: Principal) -> None:
    rows = f"A,12345,清扫,,{LEFT},\nB,,轿车,,{LEFT},\nC,,清扫,,310115999,\nD,,清扫,,{LEFT},\n"
    run = offer("vehicles", HEAD + rows, keeper)

    assert [(fault["row"], fault["field"]) for fault in run.errors] == [
        (2, "号牌"), (3, "类型"), (4, "区域代码"),
    ]  # fmt: skip
    assert Vehicle.objects.count() == 0


def test_a_vehicle_of_another_area_is_refused_and_unseen(
    town: None, keeper: Principal, stranger: Principal
) -> None:
    left = holder(Capability.SEE_REGISTRY, Capability.EDIT_REGISTRY, area_code=LEFT)
    run = offer("vehicles", f"{HEAD}A,,清扫,,{RIGHT},\n", left)
    bring_in("vehicles", f"{HEAD}B,,清扫,,{RIGHT},\n", keeper)

    assert [fault["field"] for fault in run.errors] == ["区域代码"]
    assert [vehicles_visible_to(one).count() for one in (keeper, left, stranger)] == [1, 0, 0]

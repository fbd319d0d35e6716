"""Import of vehicles (作业车辆): no place of their own, an area they work in."""

# The SQL here is made of our own table and column names, quoted; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

import re

from chengguan.registry.enums import VehicleKind, VehicleState
from chengguan.registry.models import Vehicle

from .faults import Bad
from .fields import Field, choice, digits, name_code, text
from .heads import VALID_FROM, VALID_TO
from .kind import Context, Kind, Row
from .stage import STAGE, faulty

# GA 36-2018: a province's character, a letter of the authority, five or six (new energy) more.
_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,5}[A-Z0-9\u4e00-\u9fff]")
_KINDS = {
    "清扫": "sweeper",
    "洒水": "sprinkler",
    "垃圾收运": "refuse",
    "收运": "refuse",
    "渣土": "muck",
    "执法": "enforcement",
    "抢修": "repair",
    "绿化": "greening",
    "其他": "other",
}


def _plate(value: str) -> str:
    """Read a number plate; the dot and spaces that people write in it are none of it."""
    plate = re.sub(r"[\s·•.-]", "", value).upper()
    if not _PLATE.fullmatch(plate):
        raise Bad("不是号牌。", "请填写如“沪A12345”的号牌；没有号牌的留空。")
    return plate


class Vehicles(Kind):
    """作业车辆."""

    name = "vehicles"
    title = "作业车辆"
    model = Vehicle
    fields = (
        Field("code", ("编号", "车辆编号", "code", "id"), name_code(40), True),
        Field("plate", ("号牌", "车牌号", "车牌", "plate"), _plate),
        Field("kind", ("类型", "车辆类型", "kind"), choice(VehicleKind, _KINDS), True),
        Field("owner", ("使用单位", "所属单位", "owner"), text(80)),
        Field(
            "area_code",
            ("区域代码", "作业区域", "区划代码", "areacode"),
            digits((2, 4, 6, 9, 12, 15), "区划代码"),
            True,
        ),
        Field("state", ("状态", "state"), choice(VehicleState), empty="in_use"),
        VALID_FROM,
        VALID_TO,
    )
    uncompared = frozenset({"valid_from"})

    def read(self, row: Row, context: Context) -> bool:
        area = row.values["area_code"]
        if context.may_edit(area):
            return True
        context.faults.add(
            row.number, "区域代码", area, "不在您维护的区域内。", "请删除该行，或由上级导入。"
        )
        return False

    def verify(self, context: Context) -> None:
        areas = (
            f"SELECT s.row_no, s.area_code FROM {STAGE} s WHERE NOT EXISTS "
            "(SELECT 1 FROM registry_area a WHERE a.code = s.area_code)"
        )
        for number, code in faulty(context.faults, areas):
            context.faults.add(
                number, "区域代码", code, "没有这个区域。", "请核对代码，或先导入区域。"
            )

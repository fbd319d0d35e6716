"""Import of things with a point: components, cameras, devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chengguan.core.codes import parse_component_code
from chengguan.core.coordinates import convert_many
from chengguan.core.errors import DomainError
from chengguan.registry.enums import FacilityKind, MatterKind, ThingState
from chengguan.registry.models import Camera, Component, Device, Facility, Matter

from ..locate import locate_areas
from .fields import Field, choice, digits, moment, name_code, number, text
from .heads import ADDRESS, LAT, LON, NAME, REMARK, VALID_FROM, VALID_TO
from .kind import Context, Kind, Row
from .shift import off_china, warn_of_shift

_STATES = {
    "完好": "normal",
    "在线": "normal",
    "破损": "faulty",
    "损坏": "faulty",
    "报警": "faulty",
    "丢失": "lost",
    "离线": "lost",
    "废弃": "removed",
    "移除": "removed",
    "拆除": "removed",
}
_FACILITIES = {
    "中转站": "transfer",
    "收集站": "collection",
    "焚烧厂": "treatment",
    "填埋场": "treatment",
    "消纳场": "disposal",
    "公厕": "toilet",
    "休息点": "rest",
    "停车场": "parking",
}
_STATE = Field(
    "state",
    ("状态", "state", "管理部件状态", "GLBJZT"),
    choice(ThingState, _STATES),
    empty="normal",
)
_GRID = Field(
    "said_grid",
    ("单元网格", "所在单元网格", "所在单元网格标识码", "gridcode", "SZDYWGBSM"),
    digits((15,), "社区 12 位加 3 位顺序码"),
)
_CREDIT = text(18)
_UNIT = text(80)
# So many points are enough to tell a wrong coordinate system.
_SAMPLED = 20_000


class Thing(Kind):
    """What all things with a point share.

    Option `unplaced` keeps things without coordinates (empty, or 0,0 as devices write it) where
    the kind allows it; option `area` is the area of those, and of points in none of our areas.
    """

    may_be_unplaced: ClassVar[bool] = False
    derived: ClassVar[tuple[str, ...]] = ("point", "grid_code", "area_code")
    uncompared = frozenset({"valid_from"})
    has_place = True

    def begin(self, context: Context) -> None:
        context.refs |= {"points": [], "named": [], "outside": 0, "elsewhere": 0, "unplaced": 0}

    def read(self, row: Row, context: Context) -> bool:
        values = row.values
        geometry = row.geometry
        if geometry is not None:
            if not isinstance(geometry, dict) or geometry.get("type") != "Point":
                context.faults.add(
                    row.number, "位置", "", "位置不是点。", "请导出为点要素（Point）。"
                )
                return False
            values["lon"], values["lat"] = (float(v) for v in geometry["coordinates"][:2])
        if self.may_be_unplaced and context.options.get("unplaced") and _nowhere(values):
            values["lon"] = values["lat"] = None
        elif values.get("lon") is None or values.get("lat") is None:
            context.faults.add(row.number, "经度", "", "没有坐标。", "请填写经度和纬度。")
            return False
        return True

    def batch(self, rows: Sequence[Row], context: Context) -> list[Row]:
        kept = [row for row in rows if row.values["lon"] is None and self._unplaced(row, context)]
        rows = [row for row in rows if row.values["lon"] is not None]
        if not rows:
            return kept
        raw = np.array([(row.values["lon"], row.values["lat"]) for row in rows], dtype=np.float64)
        points = convert_many(raw, context.crs)
        found = locate_areas(points, on=context.today)
        for row, place, point, area in zip(rows, raw, points, found.tolist(), strict=True):
            message = off_china(place.reshape(1, 2))
            if message:
                shown = f"{place[0]:.6f}, {place[1]:.6f}"
                context.faults.add(row.number, "经度", shown, *message)
                continue
            said = row.values.get("said_grid", "")
            self._count(area, said, point, context)
            if self._belongs(row, area or self.fallback(row, context), context):
                row.values["point"] = (float(point[0]), float(point[1]))
                row.values["grid_code"] = area if len(area) == 15 else ""
                kept.append(row)
        return kept

    def verify(self, context: Context) -> None:
        refs = context.refs
        if refs["outside"]:
            context.faults.warn(
                f"有 {refs['outside']} 个点不在任何已有区域内。",
                "请核对坐标和坐标系，或先导入区域边界。",
            )
        if refs["unplaced"]:
            context.faults.warn(
                f"有 {refs['unplaced']} 个没有可用坐标，按“位置待核”导入。",
                "请到现场定位后补填坐标。",
            )
        if refs["elsewhere"]:
            context.faults.warn(
                f"有 {refs['elsewhere']} 行所填的单元网格与坐标不符，已按坐标归入。",
                "请核对坐标或网格代码。",
            )
        whole = refs["named"] and all(refs["named"])
        warn_of_shift(refs["points"], context, refs["named"] if whole else None)

    def fallback(self, row: Row, context: Context) -> str:
        """The area of a thing whose point lies in none."""
        return str(context.options.get("area") or "")

    def _unplaced(self, row: Row, context: Context) -> bool:
        context.refs["unplaced"] += 1
        row.values["point"], row.values["grid_code"] = None, ""
        return self._belongs(row, self.fallback(row, context), context)

    def _belongs(self, row: Row, area: str, context: Context) -> bool:
        row.values["area_code"] = area
        if context.may_edit(area):
            return True
        code = row.values["code"]
        context.faults.add(
            row.number, "编号", code, "不在您维护的区域内。", "请删除该行，或由上级导入。"
        )
        return False

    def _count(self, area: str, said: str, point: Any, context: Context) -> None:
        refs = context.refs
        refs["outside"] += not area
        refs["elsewhere"] += bool(said and said != area)
        if len(refs["points"]) < _SAMPLED:
            refs["points"].append((float(point[0]), float(point[1])))
            refs["named"].append(said)


class Components(Thing):
    """部件 with the fields of GB/T 47678.5-2026 table 2; legacy codes of 16 digits are taken too."""

    name = "components"
    title = "部件"
    model = Component
    fields = (
        Field(
            "code",
            ("部件标识码", "管理部件标识码", "标识码", "code", "GLBJBSM", "ObjID"),
            digits((17, 16), "6 位区划+2 位大类+3 位小类+6 位顺序码"),
            True,
        ),
        Field("name", ("部件名称", "管理部件名称", *NAME, "GLBJMC", "ObjName"), text(60), True),
        LON,
        LAT,
        _GRID,
        ADDRESS,
        Field("competent_code", ("主管部门代码", "competentcode", "ZGBMDM"), _CREDIT),
        Field("competent", ("主管部门", "主管部门名称", "competent", "ZGBMMC"), _UNIT),
        Field("owner_code", ("权属单位代码", "ownercode", "QSDWDM"), _CREDIT),
        Field("owner", ("权属单位", "权属单位名称", "owner", "QSDWMC"), _UNIT),
        Field("maintainer_code", ("养护单位代码", "maintainercode", "YHDWDM"), _CREDIT),
        Field("maintainer", ("养护单位", "养护单位名称", "maintainer", "YHDWMC"), _UNIT),
        _STATE,
        Field("accuracy", ("定位精度", "accuracy"), text(1)),
        Field("data_source", ("数据来源", "datasource", "SJLY"), text(40)),
        VALID_FROM,
        VALID_TO,
        REMARK,
    )
    derived = ("matter_code", *Thing.derived)

    def begin(self, context: Context) -> None:
        super().begin(context)
        found = Matter.objects.filter(kind=MatterKind.COMPONENT).values_list("code", flat=True)
        context.refs["classes"] = set(found)

    def read(self, row: Row, context: Context) -> bool:
        if not super().read(row, context):
            return False
        code = row.values["code"]
        try:
            parsed = parse_component_code(code)
        except DomainError as error:
            context.faults.add(row.number, "部件标识码", code, error.message, error.mend or "")
            return False
        if context.refs["classes"] and parsed.kind not in context.refs["classes"]:
            context.faults.add(
                row.number,
                "部件标识码",
                code,
                f"目录中没有部件小类 {parsed.kind}。",
                "请核对代码，或先导入该小类的目录。",
            )
            return False
        row.values["matter_code"] = parsed.kind
        return True

    def fallback(self, row: Row, context: Context) -> str:
        return str(row.values["code"])[:6]


class Cameras(Thing):
    """摄像机."""

    name = "cameras"
    may_be_unplaced = True
    title = "摄像机"
    model = Camera
    fields = (
        Field("code", ("编号", "摄像机编号", "国标编码", "code", "id"), name_code(40), True),
        Field("name", (*NAME, "摄像机名称"), text(120)),
        LON,
        LAT,
        _GRID,
        Field("direction", ("朝向", "朝向度", "direction"), number(0, 360), empty=None),
        ADDRESS,
        Field("owner", ("权属单位", "owner"), _UNIT),
        _STATE,
        VALID_FROM,
        VALID_TO,
    )


class Devices(Thing):
    """物联设备."""

    name = "devices"
    may_be_unplaced = True
    title = "设备"
    model = Device
    fields = (
        Field("code", ("编号", "设备编号", "code", "id"), name_code(40), True),
        Field("kind", ("类型代码", "kind", "sensorType"), name_code(24), True),
        Field("kind_name", ("类型", "类型名称", "kindname", "sensorName"), text(40), True),
        Field("name", (*NAME, "设备名称"), text(120)),
        LON,
        LAT,
        _GRID,
        ADDRESS,
        _STATE,
        Field("installed_at", ("安装时间", "installedat", "installationTime"), moment, empty=None),
        Field("seen_at", ("最近数据", "seenat", "updateTime"), moment, empty=None),
        VALID_FROM,
        VALID_TO,
    )


class Facilities(Thing):
    """设施站点."""

    name = "facilities"
    may_be_unplaced = True
    title = "设施站点"
    model = Facility
    fields = (
        Field("code", ("编号", "设施编号", "站点编号", "code", "id"), name_code(40), True),
        Field("kind", ("类型", "设施类型", "kind"), choice(FacilityKind, _FACILITIES), True),
        Field("name", (*NAME, "设施名称", "站点名称"), text(120), True),
        LON,
        LAT,
        _GRID,
        ADDRESS,
        Field("owner", ("管理单位", "owner"), _UNIT),
        Field("hours", ("开放时间", "hours"), text(60)),
        Field("capacity", ("规模", "capacity"), text(60)),
        _STATE,
        VALID_FROM,
        VALID_TO,
    )


def _nowhere(values: dict[str, Any]) -> bool:
    """Say whether a place is none: empty, or within a degree of 0,0, where devices without a fix are."""
    lon, lat = values.get("lon"), values.get("lat")
    return lon is None or lat is None or (abs(lon) < 1 and abs(lat) < 1)

"""Import of areas and unit grids, with or without boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import shapely
from django.db.models import Q

from chengguan.core.coordinates import convert_many
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area

from ..locate import LENGTHS
from ..repair import Drawing, gaps_between, repair
from ..shapes import geometry_columns, to_geojson, to_shape
from ..topology import Flaw, crossing_flaw, parent_flaws, sibling_flaws, structure_flaw
from .fields import Field, digits, text, yes
from .heads import NAME, REMARK, VALID_FROM, VALID_TO
from .kind import Context, Kind, Row
from .shift import off_china, warn_of_shift

_CODE_HEADS = (
    "区划代码",
    "代码",
    "编码",
    "code",
    "网格代码",
    "单元网格标识码",
    "标识码",
)
_SHAPE = ("geometry", "bbox", "centre", "area_m2")
_REPAIRED = ("original", "repair")


class Areas(Kind):
    """Every level, told by the length of the code: 2, 4, 6, 9, 12 or 15 digits."""

    name = "areas"
    title = "区域"
    model = Area
    fields = (
        Field(
            "code",
            _CODE_HEADS,
            digits((2, 4, 6, 9, 12, 15), "省 2、市 4、县 6、街道 9、社区 12、网格 15"),
            True,
        ),
        Field("name", NAME, text(60), True),
        Field(
            "parent_code",
            ("上级代码", "parentcode", "streetcode", "父代码"),
            digits((0, 2, 4, 6, 9, 12), "上级区划代码"),
        ),
        Field("reserved", ("保留码段", "reserved"), yes, empty=False),
        VALID_FROM,
        VALID_TO,
        REMARK,
    )
    derived = ("level", "parent_code")
    uncompared = frozenset({"valid_from"})
    has_place = True
    revisions = ("areas",)
    lengths: ClassVar[tuple[int, ...]] = tuple(LENGTHS)

    def columns(self, context: Context) -> list[str]:
        shape = _SHAPE if context.shaped else ()
        repaired = _REPAIRED if shape and context.options.get("repair") else ()
        return [*super().columns(context), *shape, *repaired]

    def begin(self, context: Context) -> None:
        context.refs["shapes"] = {}
        context.refs["rows"] = {}

    def read(self, row: Row, context: Context) -> bool:
        values, code = row.values, row.values["code"]
        parent = _parent_of(code)
        faults = context.faults
        if len(code) not in self.lengths:
            faults.add(
                row.number,
                "区划代码",
                code,
                "不是单元网格的 15 位代码。",
                "单元网格代码为社区 12 位加 3 位顺序码。",
            )
            return False
        # 金门 is published with street 000 and village 000: only a grid's number must not be 0.
        if code[0] == "0" or (len(code) == 15 and code.endswith("000")):
            mend = "区划代码首位不为 0；网格顺序码自 001 起。"
            faults.add(row.number, "区划代码", code, "代码不正确。", mend)
            return False
        if values.get("parent_code") and values["parent_code"] != parent:
            faults.add(
                row.number,
                "上级代码",
                values["parent_code"],
                f"与代码不符，{code} 的上级应为 {parent}。",
                "请改正上级代码或本级代码。",
            )
            return False
        if not context.may_edit(code):
            faults.add(
                row.number, "区划代码", code, "不在您维护的区域内。", "请删除该行，或由上级导入。"
            )
            return False
        values["level"], values["parent_code"] = LENGTHS[len(code)], parent
        return True

    def batch(self, rows: Sequence[Row], context: Context) -> list[Row]:
        if not context.shaped:
            return list(rows)
        shaped = [row for row in rows if self._shape(row, context)]
        if context.options.get("repair"):
            self._repair(shaped, context)
            shaped = [row for row in shaped if row.values["code"] in context.refs["shapes"]]
        for row in shaped:
            shape = context.refs["shapes"][row.values["code"]]
            row.values |= geometry_columns(shape)
            row.values.setdefault("original", None)
            row.values.setdefault("repair", "")
        return shaped

    def verify(self, context: Context) -> None:
        from .stage_sql import orphans

        orphans(context)
        if not context.refs["shapes"]:
            return
        self._verify_siblings(context)
        self._verify_parents(context)
        shapes = context.refs["shapes"].values()
        points = np.array([shapely.point_on_surface(shape).coords[0] for shape in shapes])
        warn_of_shift(points, context)

    def _shape(self, row: Row, context: Context) -> bool:
        code = row.values["code"]
        flaw = structure_flaw(row.geometry)
        if flaw is None:
            shape = to_shape(row.geometry)
            shape = shapely.force_2d(shape)
            points = shapely.get_coordinates(shape)
            message = None if context.options["abroad"] else off_china(points)
            if message:
                flaw = Flaw((code,), *message)
            else:
                shape = shapely.transform(shape, lambda xy: convert_many(xy, context.crs))
                flaw = None if context.options.get("repair") else crossing_flaw(code, shape)
        if flaw is not None:
            context.faults.add(row.number, "边界", code, flaw.message, flaw.mend)
            return False
        context.refs["shapes"][code] = shape
        context.refs["rows"][code] = row.number
        return True

    def _repair(self, rows: list[Row], context: Context) -> None:
        shapes: dict[str, Any] = context.refs["shapes"]
        by_level: dict[str, list[Row]] = {}
        for row in rows:
            by_level.setdefault(row.values["level"], []).append(row)
        for level in by_level.values():
            drawings = []
            for row in level:
                shape = shapes[row.values["code"]]
                if shapely.make_valid(shape, method="structure", keep_collapsed=False).area > 0:
                    drawings.append(Drawing(row.values["code"], shape))
                else:
                    del shapes[row.values["code"]]
                    context.faults.add(
                        row.number, "边界", row.values["code"], "边界没有面积。", "请重新绘制。"
                    )
            result = repair(drawings)
            by_code = {row.values["code"]: row for row in level}
            for done in result.areas:
                shapes[done.code] = done.geometry
                if done.note:
                    values = by_code[done.code].values
                    values["original"], values["repair"] = to_geojson(done.original), done.note
            for gap in result.gaps:
                context.faults.warn(gap.text + "，已保留。", "如应有归属，请补画边界。")

    def _verify_siblings(self, context: Context) -> None:
        shapes: dict[str, Any] = context.refs["shapes"]
        groups: dict[tuple[int, str], dict[str, Any]] = {}
        for code, shape in shapes.items():
            groups.setdefault((len(code), code[: min(6, len(code) - 1)]), {})[code] = shape
        for (length, prefix), group in sorted(groups.items()):
            near = Area.objects.filter(
                _in_force(context), level=LENGTHS[length], geometry__isnull=False
            )
            stored = near.filter(code__startswith=prefix).values_list("code", "geometry")
            everyone = {code: to_shape(g) for code, g in stored if code not in shapes} | group
            for flaw in sibling_flaws(everyone, of=group):
                self._add(flaw, context)

    def _verify_parents(self, context: Context) -> None:
        shapes: dict[str, Any] = context.refs["shapes"]
        parents = {_parent_of(code) for code in shapes} | set(shapes)
        current = Area.objects.filter(_in_force(context), geometry__isnull=False)
        stored = current.filter(code__in=parents).values_list("code", "geometry")
        known = {code: to_shape(geometry) for code, geometry in stored} | shapes
        children: dict[str, dict[str, Any]] = {}
        below = current.filter(parent_code__in=parents & set(known))
        for code, parent, geometry in below.values_list("code", "parent_code", "geometry"):
            children.setdefault(parent, {})[code] = to_shape(geometry)
        for code, shape in shapes.items():
            children.setdefault(_parent_of(code), {})[code] = shape
        for parent, group in sorted(children.items()):
            if parent not in known:
                self._say_gaps(group, context)
                continue
            fill = LENGTHS[len(min(group))] == AreaLevel.GRID or not context.options.get(
                "allow_gaps"
            )
            for flaw in parent_flaws(parent, known[parent], group, must_fill=fill):
                self._add(flaw, context)

    def _say_gaps(self, group: dict[str, Any], context: Context) -> None:
        for gap in gaps_between(np.array(list(group.values()), dtype=object))[:20]:
            if gap.width_m > 1:
                context.faults.warn(gap.text + "。", "上级没有边界，无法判断是否应有归属。")

    def _add(self, flaw: Flaw, context: Context) -> None:
        numbers = [context.refs["rows"][c] for c in flaw.codes if c in context.refs["rows"]]
        row = max(numbers, default=0)
        context.faults.add(row, "边界", flaw.codes[0], flaw.message, flaw.mend)


class Grids(Areas):
    """Unit grids only: 15 digits, each community wholly tiled."""

    name = "grids"
    title = "单元网格"
    lengths = (15,)


def _in_force(context: Context) -> Q:
    return Q(valid_to=None) | Q(valid_to__gte=context.today)


def _parent_of(code: str) -> str:
    return "" if len(code) == 2 else code[:-2] if len(code) <= 6 else code[:-3]

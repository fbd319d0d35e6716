"""Import of organisations, duties and duty grids."""

# The SQL here is made of our own table and column names, quoted; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from django.db import connection

from chengguan.accounts.enums import Capability, Level, OrganisationKind
from chengguan.accounts.models import Organisation
from chengguan.accounts.signals import organisation_moved
from chengguan.registry.enums import DutyRole, MatterKind
from chengguan.registry.models import Duty, DutyGrid

from ..locate import LENGTHS
from .fields import Field, choice, clock, digits, many, name_code, text, weekdays, yes
from .heads import NAME, VALID_FROM, VALID_TO
from .kind import Context, Kind, Row
from .stage import STAGE, faulty
from .stage_sql import doubled_grids, missing_grids

_AREA = Field(
    "area_code",
    ("区域代码", "区划代码", "所属区划", "areacode"),
    digits((2, 4, 6, 9, 12, 15), "区划代码"),
)


class Organisations(Kind):
    """The organisation tree; a parent may stand anywhere in the same file."""

    name = "organisations"
    title = "机构"
    model = Organisation
    fields = (
        Field("code", ("机构代码", "代码", "code"), name_code(40), True),
        Field("name", ("机构名称", *NAME), text(80), True),
        Field("kind", ("类别", "kind"), choice(OrganisationKind), True),
        Field(
            "level",
            ("层级", "level"),
            choice(
                Level, {"区": "district", "县": "district", "街道": "street", "社区": "community"}
            ),
            empty="district",
        ),
        Field("parent_code", ("上级机构代码", "上级代码", "上级机构", "parentcode"), name_code(40)),
        _AREA,
        Field("credit_code", ("统一社会信用代码", "creditcode"), text(18)),
        Field("active", ("启用", "active"), yes, empty=True),
        Field("made_up", ("虚构", "madeup"), yes, empty=False),
    )
    extra = {"parent_code": 'varchar(40) COLLATE "C"'}
    extra_now = {
        "parent_code": "coalesce((SELECT p.code FROM accounts_organisation p WHERE p.id = t.parent_id), '')"
    }
    by_area = False
    revisions = ("organisations", "duties")

    def read(self, row: Row, context: Context) -> bool:
        row.values.setdefault("parent_code", "")
        return True

    def verify(self, context: Context) -> None:
        select = (
            f"SELECT s.row_no, s.parent_code FROM {STAGE} s WHERE s.parent_code <> '' AND NOT EXISTS "
            f"(SELECT 1 FROM {STAGE} p WHERE p.code = s.parent_code) AND NOT EXISTS "
            f"(SELECT 1 FROM accounts_organisation o WHERE o.code = s.parent_code)"
        )
        for number, parent in faulty(context.faults, select):
            context.faults.add(
                number,
                "上级机构代码",
                parent,
                "没有这个上级机构。",
                "请核对代码，或把上级机构加入文件。",
            )
        circles = (
            f"WITH RECURSIVE up AS (SELECT row_no, code, parent_code::text AS at, 1 AS depth FROM {STAGE} "
            f"UNION ALL SELECT u.row_no, u.code, coalesce(s.parent_code, '')::text, u.depth + 1 FROM up u "
            f"JOIN {STAGE} s ON s.code = u.at WHERE u.at <> u.code AND u.depth < 40) "
            f"SELECT DISTINCT row_no, code FROM up WHERE at = code"
        )
        for number, code in faulty(context.faults, circles):
            context.faults.add(
                number, "上级机构代码", code, "机构的上级绕回了自己。", "请改正上级机构代码。"
            )

    def after(self, context: Context) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE accounts_organisation o SET parent_id = p.id FROM {STAGE} s "
                "LEFT JOIN accounts_organisation p ON p.code = s.parent_code "
                "WHERE o.code = s.code AND o.parent_id IS DISTINCT FROM p.id"
            )
            cursor.execute(
                "WITH RECURSIVE tree AS (SELECT id, '/' || id || '/' AS path FROM "
                "accounts_organisation WHERE parent_id IS NULL UNION ALL "
                "SELECT o.id, t.path || o.id || '/' FROM accounts_organisation o "
                "JOIN tree t ON o.parent_id = t.id), moved AS (SELECT 1 FROM tree t "
                "JOIN accounts_organisation o ON o.id = t.id AND o.path NOT IN ('', t.path)), "
                "written AS (UPDATE accounts_organisation o SET path = t.path FROM tree t "
                "WHERE t.id = o.id AND o.path IS DISTINCT FROM t.path) "
                "SELECT EXISTS (SELECT FROM moved)"
            )
            if cursor.fetchone() == (True,):
                # Which ones is read off the rows that copied a path.
                organisation_moved.send(Organisation, organisation=None, before="/", after="/")


class Duties(Kind):
    """Who manages what, where and when."""

    name = "duties"
    title = "权责"
    model = Duty
    fields = (
        Field("code", ("权责代码", "代码", "code"), name_code(40), True),
        Field(
            "organisation", ("单位", "单位代码", "机构", "机构代码", "organisation"), text(80), True
        ),
        Field("role", ("角色", "role"), choice(DutyRole), empty="responsible"),
        Field("kind", ("类别", "kind"), choice(MatterKind, {"事件": "matter", "全部": ""})),
        Field(
            "matter_prefix",
            ("事项代码", "事项代码或前缀", "小类代码", "matterprefix", "mattercode"),
            name_code(8),
        ),
        Field(
            "area_code",
            ("区域代码", "区划代码", "areacode"),
            digits((2, 4, 6, 9, 12, 15), "区划代码"),
            True,
        ),
        Field("weekdays", ("星期", "weekdays"), weekdays, empty=list),
        Field("start", ("开始", "开始时间", "start"), clock, empty=None),
        Field("end", ("结束", "结束时间", "end"), clock, empty=None),
        Field("basis", ("依据", "basis"), text(200)),
        VALID_FROM,
        VALID_TO,
    )
    derived = ("organisation_id", "valid_from")
    versioned = True
    capability = Capability.EDIT_DUTIES
    revisions = ("duties",)

    def begin(self, context: Context) -> None:
        by_code: dict[str, int] = {}
        by_name: dict[str, list[int]] = {}
        for pk, code, name in Organisation.objects.values_list("pk", "code", "name"):
            by_code[code] = pk
            by_name.setdefault(name, []).append(pk)
        context.refs |= {"by_code": by_code, "by_name": by_name}

    def read(self, row: Row, context: Context) -> bool:
        values, faults = row.values, context.faults
        said = values["organisation"]
        named = context.refs["by_name"].get(said, [])
        found = context.refs["by_code"].get(said) or (named[0] if len(named) == 1 else None)
        if found is None:
            why = "有几个单位同名。" if named else "没有这个单位。"
            faults.add(row.number, "单位", said, why, "请填写机构代码，或先导入机构。")
            return False
        if (values.get("start") is None) != (values.get("end") is None):
            faults.add(
                row.number, "开始", "", "开始与结束时间须同时填写。", "请补全时段，或两者都留空。"
            )
            return False
        if not context.may_edit(values["area_code"]):
            faults.add(
                row.number,
                "区域代码",
                values["area_code"],
                "不在您维护的区域内。",
                "请删除该行，或由上级导入。",
            )
            return False
        values["organisation_id"] = found
        values["valid_from"] = values.get("valid_from") or context.effective
        return True

    def verify(self, context: Context) -> None:
        areas = f"SELECT s.row_no, s.area_code FROM {STAGE} s WHERE NOT EXISTS (SELECT 1 FROM registry_area a WHERE a.code = s.area_code)"
        for number, code in faulty(context.faults, areas):
            context.faults.add(
                number, "区域代码", code, "没有这个区域。", "请核对代码，或先导入区域。"
            )
        if "matter_prefix" not in context.given:
            return
        matters = (
            f"SELECT s.row_no, s.matter_prefix FROM {STAGE} s WHERE s.matter_prefix <> '' AND "
            "NOT EXISTS (SELECT 1 FROM registry_matter m WHERE starts_with(m.code, s.matter_prefix))"
        )
        for number, code in faulty(context.faults, matters):
            context.faults.add(
                number,
                "事项代码",
                code,
                "目录中没有以此开头的事项。",
                "请核对代码，或先导入事项目录。",
            )


class DutyGrids(Kind):
    """责任网格 as a list of unit grids in one cell."""

    name = "duty_grids"
    title = "责任网格"
    model = DutyGrid
    fields = (
        Field("code", ("责任网格代码", "代码", "code"), name_code(24), True),
        Field("name", ("责任网格名称", *NAME), text(60), True),
        Field("kind", ("用途", "kind"), name_code(20), empty="duty"),
        Field(
            "grids",
            ("单元网格", "单元网格代码", "grids"),
            many(digits((15,), "社区 12 位加 3 位顺序码")),
            True,
        ),
        VALID_FROM,
        VALID_TO,
    )
    derived = ("kind", "area_code")
    uncompared = frozenset({"valid_from"})
    revisions = ("areas",)

    def read(self, row: Row, context: Context) -> bool:
        values = row.values
        values["kind"] = values.get("kind") or "duty"
        values["grids"] = sorted(values["grids"])
        first, last = values["grids"][0], values["grids"][-1]
        shared = (n for n in LENGTHS if first[:n] == last[:n])
        values["area_code"] = first[: max(shared, default=0)]
        if context.may_edit(values["area_code"]):
            return True
        context.faults.add(
            row.number,
            "单元网格",
            values["code"],
            "不在您维护的区域内。",
            "请删除该行，或由上级导入。",
        )
        return False

    def verify(self, context: Context) -> None:
        missing_grids(context)
        doubled_grids(context)

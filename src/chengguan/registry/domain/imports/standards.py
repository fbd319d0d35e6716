"""Import of the catalogue and of filing rules, the cities' nine-column sheets included."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from chengguan.core.errors import DomainError
from chengguan.core.worktime import parse_limit
from chengguan.registry.enums import MatterKind
from chengguan.registry.models import FilingRule, Matter

from ..catalogue import LEGACY, STANDARD
from .fields import Field, choice, name_code, text, whole, yes
from .heads import VALID_FROM, VALID_TO
from .kind import Context, Kind, Row

_KIND_WORDS = {"事件": "matter", "事件类": "matter", "部件类": "component", "服务": "service"}
_read_kind = choice(MatterKind, _KIND_WORDS)
_KIND = Field("kind", ("类别", "kind", "类型"), _read_kind)
_MAJOR = Field("major_code", ("大类代码", "大类编码", "majorcode"), name_code(4))
_MAJOR_NAME = Field("major_name", ("大类名称", "大类", "majorname", "major"), text(40))
_CENT = Decimal("0.01")
_LETTERS = {"component": "C", "matter": "M", "service": "S"}


class Catalogue(Kind):
    """Minor classes of any standard; five-digit and legacy four-digit codes side by side."""

    name = "catalogue"
    title = "事项目录"
    model = Matter
    fields = (
        Field("standard", ("标准", "standard"), text(40)),
        _KIND,
        Field("code", ("小类代码", "代码", "code", "code5", "minorcode5"), name_code(8)),
        Field("minor_code", ("小类顺序码", "小类编码", "minorcode"), name_code(8)),
        Field("name", ("小类名称", "名称", "name", "小类", "minorname", "minor"), text(60), True),
        _MAJOR,
        _MAJOR_NAME,
        Field("component_code", ("对应部件", "componentcode"), name_code(8)),
        Field("local", ("本地扩展", "local"), yes, empty=False),
        VALID_FROM,
        VALID_TO,
    )
    key = ("standard", "kind", "code")
    derived = ("major_code", "major_name")
    uncompared = frozenset({"valid_from"})
    by_area = False
    revisions = ("catalogue",)
    fills = ("大类代码", "大类名称")

    def read(self, row: Row, context: Context) -> bool:
        values, faults = row.values, context.faults
        values["kind"] = values.get("kind") or _said_kind(context)
        if not values["kind"]:
            faults.add(
                row.number,
                "类别",
                "",
                "没有说明是部件还是事项。",
                "请增加“类别”列，或在导入时选择类别。",
            )
            return False
        code, major = values.get("code") or "", values.get("major_code") or ""
        minor = values.get("minor_code") or ""
        if major and not code and minor:
            code = major.zfill(2) + (minor.zfill(2) if len(minor) <= 2 else minor)
        if major and len(code) in (2, 3):
            code = major.zfill(2) + code
        if not code.isdigit() or len(code) not in (4, 5):
            faults.add(
                row.number,
                "小类代码",
                code,
                "应为 5 位（2 位大类+3 位小类），旧标准 4 位。",
                "请核对代码；丢失的前导 0 请补齐。",
            )
            return False
        if major and code[:2] != major.zfill(2):
            faults.add(
                row.number,
                "大类代码",
                major,
                f"与小类代码 {code} 不符。",
                "请改正大类代码或小类代码。",
            )
            return False
        values["code"], values["major_code"] = code, code[:2]
        values["standard"] = values.get("standard") or (STANDARD if len(code) == 5 else LEGACY)
        values["major_name"] = values.get("major_name") or ""
        return True


class Rules(Kind):
    """立案、处置、结案标准: several conditions per matter, each with limit and closing condition."""

    name = "rules"
    title = "立案标准"
    model = FilingRule
    fields = (
        Field("code", ("规则代码", "code"), name_code(24)),
        _KIND,
        _MAJOR,
        _MAJOR_NAME,
        Field("minor_code", ("小类代码", "小类编码", "minorcode"), name_code(8)),
        Field("minor_name", ("小类名称", "小类", "minorname", "minor"), text(60)),
        Field(
            "matter_code",
            ("事项代码", "国标代码", "mattercode", "gbt476785code", "gbt47678-5code"),
            name_code(8),
        ),
        Field("position", ("序号", "position"), whole(0, 32_000), empty=None),
        Field(
            "condition", ("立案条件", "立案标准", "condition", "filingcondition"), text(2_000), True
        ),
        Field(
            "limit_text",
            ("处置时限", "处置时间", "时限", "limit", "limittext", "handlinglimithoursordays"),
            text(40),
            True,
        ),
        Field("closing_condition", ("结案条件", "结案标准", "closingcondition"), text(2_000)),
        Field("responsible", ("处置单位", "责任主体", "responsible"), text(80)),
        Field("competent", ("主管部门", "监管主体", "competent"), text(80)),
        Field("legal_basis", ("法律依据", "legalbasis"), text(4_000)),
        Field("collection", ("采集要求", "collection"), text(2_000)),
        Field("photos_required", ("立案照片数", "photosrequired"), whole(0, 99), empty=0),
        Field("source", ("来源", "source"), text(200)),
        VALID_FROM,
        VALID_TO,
    )
    derived = ("matter_id", "position", "limit_value", "limit_unit", "valid_from")
    uncompared = frozenset({"position", "limit_text", "source"})
    versioned = True
    by_area = False
    revisions = ("catalogue",)
    fills = ("大类代码", "大类名称", "小类代码", "小类名称", "处置单位", "主管部门", "类别")

    def begin(self, context: Context) -> None:
        refs = context.refs
        refs["matters"], refs["names"] = {}, {}
        found = Matter.objects.order_by("-standard").values_list("kind", "code", "name", "pk")
        for kind, code, name, pk in found:
            refs["matters"].setdefault((kind, code), pk)
            refs["names"][pk] = name
        refs["codes"], refs["taken"], refs["seen"], refs["numbers"] = {}, set(), {}, {}
        stored = FilingRule.objects.order_by("code", "version")
        for matter_id, condition, code in stored.values_list("matter_id", "condition", "code"):
            held = refs["codes"].setdefault((matter_id, condition), [])
            if code not in held:
                held.append(code)
            refs["taken"].add(code)

    def read(self, row: Row, context: Context) -> bool:
        values = row.values
        matter = self._matter(row, context)
        if matter is None:
            return False
        kind, code, pk = matter
        try:
            limit = parse_limit(values["limit_text"])
        except DomainError as error:
            context.faults.add(
                row.number, "处置时限", values["limit_text"], error.message, error.mend or ""
            )
            return False
        numbers = context.refs["numbers"]
        numbers[pk] = numbers.get(pk, 0) + 1
        values |= {
            "matter_id": pk,
            "limit_value": limit.value.quantize(_CENT),
            "limit_unit": str(limit.unit),
            "position": values.get("position") or numbers[pk],
            "valid_from": values.get("valid_from") or context.effective,
        }
        values["code"] = values.get("code") or self._code(
            kind, code, pk, values["condition"], context
        )
        return True

    def _matter(self, row: Row, context: Context) -> tuple[str, str, int] | None:
        values, known = row.values, context.refs["matters"]
        said = values.get("kind") or _said_kind(context)
        kinds = (
            [said]
            if said
            else [MatterKind.MATTER.value, MatterKind.COMPONENT.value, MatterKind.SERVICE.value]
        )
        tried = list(dict.fromkeys(_codes(values)))
        found = [(k, c, known[k, c]) for c in tried for k in kinds if (k, c) in known]
        if not found:
            shown = "、".join(tried) or (values.get("minor_name") or "")
            context.faults.add(
                row.number,
                "小类代码",
                shown,
                "目录中没有这个小类。",
                "请核对大类、小类代码，或先导入事项目录。",
            )
            return None
        first = found[0][1]
        same = [match for match in found if match[1] == first]
        if len(same) > 1:
            context.faults.add(
                row.number,
                "类别",
                first,
                "部件和事项中都有这个代码。",
                "请增加“类别”列，或在导入时选择类别。",
            )
            return None
        return same[0]

    def _code(self, kind: str, code: str, pk: int, condition: str, context: Context) -> str:
        """Give the code a condition has already, the next free number of its matter otherwise."""
        refs = context.refs
        turn = refs["seen"].get((pk, condition), 0)
        refs["seen"][pk, condition] = turn + 1
        held = refs["codes"].get((pk, condition), [])
        if turn < len(held):
            return str(held[turn])
        number = 1
        while (made := f"{_LETTERS[kind]}{code}-{number:02d}") in refs["taken"]:
            number += 1
        refs["taken"].add(made)
        return made


def _codes(values: dict[str, Any]) -> Iterator[str]:
    """Give the codes a row may mean; sheets lose leading zeros and split codes differently."""
    whole_code = values.get("matter_code") or ""
    major, minor = values.get("major_code") or "", values.get("minor_code") or ""
    for code in (whole_code, minor):
        if len(code) in (4, 5):
            yield code
            yield code.zfill(5)
    if major and minor and len(minor) <= 3 and major.isdigit() and minor.isdigit():
        yield major.zfill(2) + minor.zfill(3)
        if len(minor.lstrip("0")) <= 2:
            yield major.zfill(2) + minor.lstrip("0").zfill(2)


def _said_kind(context: Context) -> str:
    said = str(context.options.get("kind") or "")
    return _read_kind(said) if said else ""

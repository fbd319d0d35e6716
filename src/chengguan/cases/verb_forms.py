"""Forms made from a verb's definition: its fields become widgets, what is posted becomes its data.

What is right or wrong is the engine's to say (`workflow.domain.forms`); here text only becomes
the types it expects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_datetime

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import Invalid
from chengguan.core.worktime import limit_text
from chengguan.files.domain.store import keep
from chengguan.files.enums import Role
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty import Resolution, resolve
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.towns import town_name, town_of, town_of_unit
from chengguan.workflow.domain import Evidence
from chengguan.workflow.domain.shape import FieldSpec, VerbSpec

from .domain.absent import MEANT
from .domain.duplicates import candidates_of
from .models import Case
from .queries import cases_visible_to
from .screens.people import collectors_for, handlers_for

FILES: Final = frozenset({"photos", "files"})
_ROLES: Final[dict[str, str]] = {
    "file": Role.REPORT,
    "amend": Role.REPORT,
    "submit_verification": Role.VERIFY,
    "submit_handling": Role.HANDLE_AFTER,
    "finish_stage": Role.HANDLE_AFTER,
    "finish_assist": Role.HANDLE_AFTER,
    "submit_check": Role.CHECK,
}
_LONG: Final = 6
_MAIN: Final = frozenset({"matter", "rule", "photos"})
#: One dispatch in many is a joint order.
_SELDOM: Final = frozenset({"assist", "await_assist"})
_FIELD_ROLES: Final[dict[str, str]] = {"before": Role.HANDLE_BEFORE, "after": Role.HANDLE_AFTER}


@dataclass(frozen=True)
class Widget:
    """One field as shown. `kind` chooses its template part; `options` are (value, title, help)."""

    name: str
    title: str
    kind: str
    required: bool
    help: str = ""
    value: str = ""
    most: int | None = None
    options: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class VerbForm:
    """A verb's form as shown; `minor` fields are seldom needed and folded away.

    `resolution` explains the unit that dispatch proposes.
    """

    verb: VerbSpec
    widgets: list[Widget]
    minor: list[Widget]
    has_files: bool
    resolution: Resolution | None = None


def verb_form(spec: VerbSpec, case: Case, principal: Principal) -> VerbForm:
    """Return the form of `spec` for `case`, with what this person can choose."""
    resolution = _resolution(case) if _names(spec, "organisation") else None
    # The matter's picker answers kind and code together.
    picked = _names(spec, "matter")
    fields = [one for one in spec.form if not (picked and one.name == "kind")]
    long = len(fields) > _LONG
    main: list[Widget] = []
    minor: list[Widget] = []
    for one in fields:
        widget = _widget(one, spec, case, resolution, principal)
        shown = not long or one.required or one.type in _MAIN or one.name == "note"
        if one.name in _SELDOM and not one.required and spec.name == "dispatch":
            shown = False
        (main if shown else minor).append(widget)
    files = bool({one.type for one in spec.form} & FILES)
    return VerbForm(spec, main, minor, files, resolution)


def posted(
    spec: VerbSpec,
    case: Case,
    principal: Principal,
    data: QueryDict,
    files: MultiValueDict[str, UploadedFile[Any]],
) -> tuple[dict[str, Any], list[Evidence]]:
    """Return the verb's data as the engine expects it, and the kept files.

    What the form showed of the case and nobody changed is left out: an event says what it set.

    Raises:
        Invalid: a text isn't a time or a place, no such case.
        FileRefused, TooLarge: a file isn't what it should be.
    """
    values: dict[str, Any] = {}
    evidence: list[Evidence] = []
    for one in spec.form:
        if one.type in FILES:
            for file in files.getlist(one.name):
                blob = keep(file.chunks(), name=file.name or "")
                role = _FIELD_ROLES.get(one.name) or _role(spec)
                evidence.append(Evidence(blob.sha256, file.name or "", role, one.name))
            continue
        shown = _shown(one, case)
        if shown and data.get(one.name, "").strip() == shown:
            continue
        value = _read(one, data, principal)
        if value not in (None, "", []):
            values[one.name] = value
    if data.get(MEANT) and _names(spec, "person"):
        values[MEANT] = True
    if "matter" in values and ":" in str(values["matter"]):
        values["kind"], values["matter"] = str(values["matter"]).split(":", 1)
    return values, evidence


def _role(spec: VerbSpec) -> str:
    return Role.REQUEST if spec.request else _ROLES.get(spec.name, Role.OTHER)


def _names(spec: VerbSpec, kind: str) -> bool:
    return any(one.type == kind for one in spec.form)


def _resolution(case: Case) -> Resolution | None:
    if not case.matter_code:
        return None
    return resolve(
        case.kind,
        case.matter_code,
        timezone.now(),
        area_code=case.area_code,
        component_code=case.component_code,
    )


def _widget(
    one: FieldSpec, spec: VerbSpec, case: Case, resolution: Resolution | None, principal: Principal
) -> Widget:
    kind, value, options = one.type, "", []
    if one.type == "text":
        kind = "long" if (one.max or 0) > 200 else "line"
        value = _shown(one, case)
    elif one.type in ("choice", "choices"):
        options = [(value_, title, "") for value_, title in one.choices]
        value = case.kind if one.name == "kind" else ""
    elif one.type == "person":
        chosen = handlers_for(case) if "handle" in spec.capability else collectors_for(case)
        options = [(value_, title, "") for value_, title in chosen]
    elif one.type == "organisations":
        options = _others(case)
    elif one.type == "organisation":
        options, value = _organisations(case, resolution)
    elif one.type == "rule":
        options, value = _rules(case)
    elif one.type == "matter":
        value = f"{case.kind}:{case.matter_code}" if case.matter_code else ""
    elif one.type == "instance":
        options = _duplicates(case, principal)
    elif one.type in ("json", "area"):
        value = _shown(one, case)
    return Widget(one.name, one.title, kind, one.required, one.help, value, one.max, options)


def _shown(one: FieldSpec, case: Case) -> str:
    """Return what a field of the form shows of the case itself; "" where it begins empty."""
    known = {
        "address": case.address,
        "text": case.text,
        "component": case.component_code,
        "area": case.area_code,
        "point": f"{case.point[0]:.6f}, {case.point[1]:.6f}" if case.point else "",
    }
    return "" if one.required else known.get(one.name, "").strip()


def _organisations(
    case: Case, resolution: Resolution | None
) -> tuple[list[tuple[str, str, str]], str]:
    proposed = resolution.candidates if resolution else ()
    ordered = sorted(
        (unit for unit in units().values() if unit.active),
        key=lambda unit: (unit.id not in proposed, unit.path),
    )
    options = [
        (str(unit.id), unit.name, "按权责" if unit.id in proposed else "") for unit in ordered
    ]
    # A case that comes back keeps its unit until somebody chooses another.
    chosen = case.unit_id or (resolution.organisation_id if resolution else None)
    return options, str(chosen or "")


def _others(case: Case) -> list[tuple[str, str, str]]:
    """Return the units that could assist: every active one but the lead, by their place in the tree."""
    known = (one for one in units().values() if one.active and one.id != case.unit_id)
    ordered = sorted(known, key=lambda unit: unit.path)
    home = town_of(case.area_code)

    def about(unit_id: int) -> str:
        if unit_id in case.assisting:
            return "已在协办"
        town = town_of_unit(unit_id)
        return f"{town_name(town)}，跨镇域" if home and town not in ("", home) else ""

    return [(str(one.id), one.name, about(one.id)) for one in ordered]


def rule_options(kind: str, code: str) -> list[tuple[str, str, str]]:
    """Return the filing rules of a matter in force today, as choices."""
    return [
        (
            str(one.id),
            f"{one.condition}（{one.limit_text}）",
            "；".join(filter(None, (_stages(one), _closing(one.closing_condition)))),
        )
        for one in catalogue.rules_on(kind, code, timezone.localdate())
    ]


def _stages(rule: catalogue.Rule) -> str:
    parts = " → ".join(f"{one.name} {limit_text(one.limit)}" for one in rule.stages)
    return f"分段时限：{parts}" if parts else ""


def _closing(condition: str) -> str:
    return f"结案条件：{condition}" if condition else ""


def _rules(case: Case) -> tuple[list[tuple[str, str, str]], str]:
    options = rule_options(case.kind, case.matter_code)
    chosen = str(case.rule_id) if case.rule_id else options[0][0] if len(options) == 1 else ""
    return options, chosen


def _duplicates(case: Case, principal: Principal) -> list[tuple[str, str, str]]:
    found = candidates_of(case)
    rows = cases_visible_to(principal).filter(pk__in=[one.id for one in found])
    seen = set(rows.values_list("pk", flat=True)) if found else set()
    return [
        (
            one.number,
            f"{one.number} {one.text[:30]}",
            f"相距 {one.metres:.0f} 米，相隔 {one.hours:.0f} 小时",
        )
        for one in found
        if one.id in seen
    ]


def _read(one: FieldSpec, data: QueryDict, principal: Principal) -> Any:
    if one.type in ("choices", "organisations"):
        return [value for value in data.getlist(one.name) if value]
    text = data.get(one.name, "").strip()
    if one.type == "organisation":
        # A row of a table or, below it, another unit: what was chosen last down the page holds.
        text = next((value for value in reversed(data.getlist(one.name)) if value), "")
    reader = _READERS.get(one.type)
    return reader(one, text, principal) if reader and text else text


def _instant(one: FieldSpec, text: str, principal: Principal) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise Invalid(
            "cases.time",
            f"“{one.title}”不是时间。",
            field=one.name,
            mend="应写作 2026-05-01 08:00。",
        )
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def _place(one: FieldSpec, text: str, principal: Principal) -> list[float]:
    parts = text.replace("，", ",").split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        raise Invalid(
            "cases.point",
            f"“{one.title}”不是位置。",
            field=one.name,
            mend="应写作“经度, 纬度”，如 121.912345, 30.891234。",
        ) from None
    return [lon, lat]


def _case(one: FieldSpec, text: str, principal: Principal) -> int:
    found = cases_visible_to(principal).filter(number=text).values_list("pk", flat=True).first()
    if found is None:
        raise Invalid(
            "cases.case", f"没有找到案件 {text}。", field=one.name, mend="请填写 19 位案件编号。"
        )
    return int(found)


_READERS: Final[Mapping[str, Callable[[FieldSpec, str, Principal], Any]]] = {
    "datetime": _instant,
    "json": _place,
    "instance": _case,
}

"""Who answers for a matter at a place and time: exactly one unit, a gap, or a conflict.

In this order: a precedent; for a known component its maintainer, then its owner (部件先属主后属地);
the most exact duty. Every answer carries what was considered and why it won or lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils import timezone

from chengguan.store.cache import revised

from ..enums import DutyRole
from ..models import Component
from .duty_index import DutyIndex, DutyRef, PrecedentRef, Unit, day_index, precedents_of, units
from .locate import locate

ONE: Final = "one"
GAP: Final = "gap"
CONFLICT: Final = "conflict"


#: Maintainer's credit code and name, owner's credit code and name.
Owners = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Considered:
    """One precedent, owner or duty that was looked at; `reason` is the Chinese sentence why."""

    source: str
    won: bool
    organisation_id: int | None
    organisation: str
    reason: str
    duty_id: int | None = None
    duty_code: str = ""
    version: int | None = None
    matter_prefix: str = ""
    area_code: str = ""
    hours: str = ""
    basis: str = ""
    precedent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer: `status` is one, gap or conflict; the candidates of a conflict by id."""

    status: str
    organisation_id: int | None
    organisation: str
    organisation_path: str
    area_code: str
    candidates: tuple[int, ...]
    reason: str
    trace: tuple[Considered, ...]


def resolve(
    kind: str,
    matter_code: str,
    at: datetime,
    *,
    lon: float | None = None,
    lat: float | None = None,
    area_code: str = "",
    component_code: str = "",
    role: str = DutyRole.RESPONSIBLE,
    owners: Mapping[str, Owners] | None = None,
) -> Resolution:
    """Find the unit for a matter at a point (CGCS2000) or in an area, at a moment.

    `area_code` wins over the point. Without either, only duties of everywhere match. `owners`, see
    `owners_of`, spares a list one statement for each component.
    """
    local = timezone.localtime(at)
    if not area_code and lon is not None and lat is not None:
        found = locate(lon, lat, on=local.date())
        if found is None:
            return _outside()
        area_code = found.code
    live, asleep = _split(kind, matter_code, area_code, local, role)
    rulings = [ruling for ruling in precedents_of(matter_code, at) if ruling.unit.active]
    index = DutyIndex(live, rulings)
    unit, reason, trace = None, "", list[Considered]()
    if role == DutyRole.RESPONSIBLE:
        unit, reason, trace = _before_duties(
            index.precedent(kind, matter_code, area_code), component_code, owners
        )
    winners = index.winners(kind, matter_code, area_code)
    chosen = [unit] if unit else list({duty.unit.id: duty.unit for duty in winners}.values())
    reason = reason or _duty_reason(winners, chosen)
    considered = index.considered(kind, matter_code, area_code)
    trace += _duty_trace(considered, winners, settled=unit is not None)
    trace += [_duty_line(duty, False, "此时不在值守时段") for duty in asleep]
    return _answer(chosen, area_code, reason, trace)


def _before_duties(
    ruling: PrecedentRef | None, component_code: str, owners: Mapping[str, Owners] | None
) -> tuple[Unit | None, str, list[Considered]]:
    """Give the unit that a precedent, else the component's owner, settles before any duty."""
    unit: Unit | None = None
    reason = ""
    trace = []
    if ruling is not None:
        unit, reason = ruling.unit, f"按裁定先例（{ruling.ruled_by}）由{ruling.unit.name}负责"
        line = Considered("precedent", True, unit.id, unit.name, ruling.reason)
        trace.append(
            replace(
                line,
                matter_prefix=ruling.matter_code,
                area_code=ruling.area_code,
                basis=ruling.basis or (f"案件 {ruling.case_number}" if ruling.case_number else ""),
                precedent_id=ruling.id,
            )
        )
    owner = _owner(component_code, owners) if component_code else None
    if owner is not None:
        why = "有裁定先例，先例优先" if unit else "部件先属主后属地"
        trace.append(Considered("owner", unit is None, owner[0].id, owner[0].name, why))
        if unit is None:
            unit, reason = owner[0], f"部件先属主后属地：{owner[1]}为{owner[0].name}"
    elif component_code:
        why = f"部件 {component_code} 没有登记可识别的养护或权属单位，转属地"
        trace.append(Considered("owner", False, None, "", why))
    return unit, reason, trace


def _split(
    kind: str, matter_code: str, area_code: str, local: datetime, role: str
) -> tuple[list[DutyRef], list[DutyRef]]:
    matching = day_index(local.date(), role).considered(kind, matter_code, area_code)
    live = [duty for duty in matching if duty.at_work(local)]
    return live, [duty for duty in matching if not duty.at_work(local)]


def owners_of(component_codes: Iterable[str]) -> dict[str, Owners]:
    """Give who maintains and owns these components, in one statement (none without a code)."""
    wanted = sorted({code for code in component_codes if code})
    if not wanted:
        return {}
    rows = Component.objects.filter(code__in=wanted).values_list(
        "code", "maintainer_code", "maintainer", "owner_code", "owner"
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def _owner(component_code: str, owners: Mapping[str, Owners] | None) -> tuple[Unit, str] | None:
    found = owners if owners is not None else owners_of([component_code])
    row = found.get(component_code)
    if row is None:
        return None
    by_credit, by_name = _units_by_credit(), _units_by_name()
    for words, credit, name in (("养护单位", row[0], row[1]), ("权属单位", row[2], row[3])):
        unit = by_credit.get(credit) if credit else None
        unit = unit or (by_name.get(name) if name else None)
        if unit is not None:
            return unit, words
    return None


@revised("organisations")
def _units_by_credit() -> dict[str, Unit]:
    return {unit.credit_code: unit for unit in units().values() if unit.active and unit.credit_code}


@revised("organisations")
def _units_by_name() -> dict[str, Unit]:
    # Two units of one name can't be told apart: neither is taken by name.
    named: dict[str, list[Unit]] = {}
    for unit in units().values():
        if unit.active:
            named.setdefault(unit.name, []).append(unit)
    return {name: found[0] for name, found in named.items() if len(found) == 1}


def _duty_reason(winners: list[DutyRef], chosen: list[Unit]) -> str:
    if not winners:
        return "没有单位负责该事项在该区域的处置，请补充权责"
    if len(chosen) > 1:
        names = "、".join(unit.name for unit in chosen)
        return f"{names}的权责同样明确，请裁定或修改权责"
    best = winners[0]
    what = f"事项 {best.matter_prefix}" if best.matter_prefix else "全部事项"
    where = f"区域 {best.area_code}" if best.area_code else "全部区域"
    return f"按权责 {best.code}（{what}，{where}）由{best.unit.name}负责"


def _duty_trace(
    considered: list[DutyRef], winners: list[DutyRef], *, settled: bool
) -> list[Considered]:
    best = {duty.id for duty in winners}
    orgs = {duty.unit.id for duty in winners}
    lines = []
    for duty in considered:
        if settled:
            lines.append(_duty_line(duty, False, "先例或属主优先"))
        elif duty.id not in best:
            lines.append(_duty_line(duty, False, "有更明确的权责"))
        elif len(orgs) > 1:
            lines.append(_duty_line(duty, False, "与其他单位的权责同样明确，冲突"))
        else:
            lines.append(_duty_line(duty, True, "权责最明确"))
    return lines


def _duty_line(duty: DutyRef, won: bool, reason: str) -> Considered:
    return Considered(
        "duty",
        won,
        duty.unit.id,
        duty.unit.name,
        reason,
        duty_id=duty.id,
        duty_code=duty.code,
        version=duty.version,
        matter_prefix=duty.matter_prefix,
        area_code=duty.area_code,
        hours=duty.window_text,
        basis=duty.basis,
    )


def _answer(chosen: list[Unit], area: str, reason: str, trace: list[Considered]) -> Resolution:
    ids = tuple(sorted(unit.id for unit in chosen))
    if len(chosen) == 1:
        unit = chosen[0]
        return Resolution(ONE, unit.id, unit.name, unit.path, area, ids, reason, tuple(trace))
    status = CONFLICT if chosen else GAP
    return Resolution(status, None, "", "", area, ids, reason, tuple(trace))


def _outside() -> Resolution:
    return Resolution(GAP, None, "", "", "", (), "该点不在本市任何区域内，请核对坐标和坐标系", ())

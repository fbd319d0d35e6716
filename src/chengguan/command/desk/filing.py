"""What a filing needs, proposed with the reason: matter, condition, area, unit, duplicates.

A standard report (matter and place known) is filed without a field typed: what is shown is what
will be filed, and each line says where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils import timezone

from chengguan.cases.guards import PUBLIC_SOURCES
from chengguan.cases.models import Case
from chengguan.cases.screens import words
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.catalogue import MatterRef, Rule
from chengguan.registry.domain.duty import Resolution, resolve
from chengguan.registry.domain.locate import AreaRef

_GRID: Final = 15
_PROPOSED: Final = 6


@dataclass(frozen=True, slots=True)
class Condition:
    """One filing rule as offered: its limit, when it may be closed, and the photos it asks for."""

    rule: Rule
    have: int
    chosen: bool
    reason: str

    @property
    def enough(self) -> bool:
        return self.have >= self.rule.photos_required


@dataclass(frozen=True, slots=True)
class Filing:
    """The proposal for one case: every part with the sentence why, "" where nothing is proposed."""

    kind: str
    code: str
    matter: str
    matter_reason: str
    others: list[MatterRef]
    conditions: list[Condition]
    area: list[AreaRef]
    area_reason: str
    resolution: Resolution | None
    unverified: bool
    ready: bool


def filing_of(case: Case, kind: str = "", code: str = "", rule: str = "") -> Filing:
    """Propose the filing of a case, for another matter or rule where the person chose one.

    All of it comes from process caches; `rule` is the id of the rule chosen, as posted.
    """
    changed = bool(code) and (kind, code) != (case.kind, case.matter_code)
    kind, code = (kind, code) if code else (case.kind, case.matter_code)
    others = [] if case.matter_code else named_in(case.text)
    reason = "由您选定" if changed else "上报时已定" if code else ""
    if not code and len(others) == 1:
        kind, code = str(others[0].kind), others[0].code
        reason = f"描述中写有“{others[0].name}”"
    conditions = _conditions(case, kind, code, rule) if code else []
    return Filing(
        kind=kind,
        code=code,
        matter=words.matter_name(kind, code),
        matter_reason=reason,
        others=others,
        conditions=conditions,
        area=words.areas(case.area_code),
        area_reason=_area_reason(case),
        resolution=_unit(case, kind, code) if code else None,
        unverified=case.source in PUBLIC_SOURCES and not case.finding,
        ready=bool(code) and len(case.area_code) == _GRID and any(c.chosen for c in conditions),
    )


def named_in(text: str) -> list[MatterRef]:
    """Give the matters in force whose name stands in the text, the longest name first."""
    if not text:
        return []
    found = {
        one.name: one
        for one in reversed(catalogue.matters(on=timezone.localdate()))
        if one.name and one.name in text
    }
    return sorted(found.values(), key=lambda one: (-len(one.name), one.code))[:_PROPOSED]


def _conditions(case: Case, kind: str, code: str, rule: str) -> list[Condition]:
    rules = catalogue.rules_on(kind, code, timezone.localdate())
    wanted = rule or (str(case.rule_id) if case.rule_id else "")
    chosen, reason = _proposed(rules, case.text, wanted)
    return [
        Condition(one, case.photos, one.id == chosen, reason if one.id == chosen else "")
        for one in rules
    ]


def _proposed(rules: list[Rule], text: str, wanted: str) -> tuple[int | None, str]:
    """Choose a rule only where it is the only one, chosen before, or clearly nearest the words.

    The limit follows from it, and pay from the limit: a guess would be worse than a question.
    """
    for one in rules:
        if str(one.id) == wanted:
            return one.id, "已选定"
    if len(rules) == 1:
        return rules[0].id, "该事项只有这一条标准"
    pairs = _pairs(text)
    shared = [(len(pairs & _pairs(one.condition)), one) for one in rules]
    ranked = sorted(shared, key=lambda scored: -scored[0])
    if len(ranked) > 1 and ranked[0][0] >= 2 * ranked[1][0] + 2:
        alike = sorted(pairs & _pairs(ranked[0][1].condition))[:4]
        return ranked[0][1].id, f"与描述相符：{'、'.join(alike)}"
    return None, ""


def _pairs(text: str) -> set[str]:
    """Give the two-character pieces of a Chinese text, its punctuation left out."""
    kept = [char for char in text if char.isalnum()]
    return {a + b for a, b in pairwise(kept) if not (a + b).isascii()}


def _area_reason(case: Case) -> str:
    if case.point is None:
        return "来件没有位置，请先补正位置" if len(case.area_code) < _GRID else "由来件填写"
    if len(case.area_code) < _GRID:
        return "位置不在单元网格内，请先补正位置"
    return "位置落在此单元网格"


def _unit(case: Case, kind: str, code: str) -> Resolution:
    return resolve(
        kind,
        code,
        timezone.now(),
        area_code=case.area_code,
        component_code=case.component_code,
    )

"""What a filing needs, proposed with the reason: matter, condition, area, unit, duplicates.

A standard report (matter and place known) is filed without a field typed: what is shown is what
will be filed, and each line says where it comes from. What is shown at once comes from process
caches; what the words say beside it, with the numbers of cases that bear it out, is asked for
after the case stands on the screen (`said_by_words`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.proposing import (
    Proposal,
    ProposedMatter,
    fitting_rules,
    likely_matters,
    propose,
)
from chengguan.cases.guards import PUBLIC_SOURCES
from chengguan.cases.models import Case
from chengguan.cases.screens import words
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.catalogue import Rule
from chengguan.registry.domain.duty import Resolution, resolve
from chengguan.registry.domain.locate import AreaRef

_GRID: Final = 15


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
    others: list[ProposedMatter]
    conditions: list[Condition]
    area: list[AreaRef]
    area_reason: str
    resolution: Resolution | None
    unverified: bool
    ready: bool


def filing_of(
    principal: Principal, case: Case, kind: str = "", code: str = "", rule: str = ""
) -> Filing:
    """Propose the filing of a case, for another matter or rule where the person chose one.

    All of it comes from process caches; `rule` is the id of the rule chosen, as posted.
    """
    changed = bool(code) and (kind, code) != (case.kind, case.matter_code)
    kind, code = (kind, code) if code else (case.kind, case.matter_code)
    others = [] if case.matter_code else _others(principal, case)
    reason = "由您选定" if changed else "上报时已定" if code else ""
    first = _plain(others) if not code else None
    if first is not None:
        kind, code, reason = first.kind, first.code, first.reason
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


def said_by_words(principal: Principal, case: Case, kind: str = "", code: str = "") -> Proposal:
    """Propose from the case's words and place, with the numbers of cases that bear it out.

    `kind` and `code` are the matter that stands in the form; five statements at most.
    """
    kind, code = (kind, code) if code else (case.kind, case.matter_code)
    return propose(
        principal,
        text=case.text,
        address=case.address,
        point=case.point,
        at=timezone.now(),
        chosen=(kind, code) if code else None,
        component_code=case.component_code,
    )


def _others(principal: Principal, case: Case) -> list[ProposedMatter]:
    return likely_matters(principal, case.text, "", timezone.now(), count=False)


def _plain(found: list[ProposedMatter]) -> ProposedMatter | None:
    """Give the first where it is sure: a wrong matter brings a wrong limit, and pay."""
    return found[0] if found and found[0].sure else None


def _conditions(case: Case, kind: str, code: str, rule: str) -> list[Condition]:
    rules = catalogue.rules_on(kind, code, timezone.localdate())
    fitting = {one.id: one.reason for one in fitting_rules(case.text, (kind, code), timezone.now())}
    place = {key: number for number, key in enumerate(fitting)}
    rules.sort(key=lambda one: place.get(one.id, len(place)))
    wanted = rule or (str(case.rule_id) if case.rule_id else "")
    chosen, reason = _proposed(rules, case.text, wanted)
    return [
        Condition(
            one,
            case.photos,
            one.id == chosen,
            reason if one.id == chosen else fitting.get(one.id, ""),
        )
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

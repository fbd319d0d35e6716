"""The catalogue in force: matters of every standard, and the filing rules of any date.

Codes of GB/T 47678.5-2026 have five digits, those of GB/T 30428.2-2013 four: both may be held at
once, and neither can be taken for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from chengguan.core.worktime import Limit, LimitUnit, limit_text
from chengguan.store.cache import revised
from chengguan.store.today import local_today

from ..enums import MatterKind
from ..errors import unknown_code
from ..models import FilingRule, Matter

STANDARD: Final = "GB/T 47678.5-2026"
LEGACY: Final = "GB/T 30428.2-2013"


@dataclass(frozen=True, slots=True)
class MatterRef:
    """A minor class (小类) by value."""

    id: int
    standard: str
    kind: MatterKind
    code: str
    name: str
    major_code: str
    major_name: str
    component_code: str
    local: bool
    valid_from: date
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a filing rule by value; `limit` runs as `core.worktime` says."""

    id: int
    code: str
    version: int
    matter: MatterRef
    position: int
    condition: str
    limit: Limit
    limit_text: str
    closing_condition: str
    stages: tuple[Stage, ...]
    competent: str
    responsible: str
    legal_basis: str
    collection: str
    photos_required: int
    valid_from: date
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a staged limit."""

    name: str
    limit: Limit


def matter(kind: str, code: str, *, on: date | None = None) -> MatterRef | None:
    """Give the matter of a kind and code in force; the current national standard comes first."""
    day = on or local_today()
    return next((m for m in _by_code().get((kind, code), ()) if m.in_force(day)), None)


def matters(*, kind: str = "", on: date | None = None) -> list[MatterRef]:
    """Give all matters in force, by kind and code."""
    day = on or local_today()
    return [m for m in _matters() if m.in_force(day) and (not kind or m.kind == kind)]


def rules_on(kind: str, code: str, on: date) -> list[Rule]:
    """Give the filing rules of a matter in force on a date, in the order of the standard."""
    return [rule for rule in _rules_by_matter().get((kind, code), ()) if rule.in_force(on)]


def rule(rule_id: int) -> Rule:
    """Give one version of a rule, however old.

    Raises:
        NotFound: there never was one.
    """
    found = _rules_by_id().get(rule_id)
    if found is None:
        raise unknown_code("立案标准", str(rule_id))
    return found


def search(
    text: str, *, kind: str = "", on: date | None = None, limit: int = 50
) -> list[MatterRef]:
    """Find matters by words in code, class, name or filing condition; the best first.

    Every word must be found; a hit in the name counts before one in the class or a condition.
    """
    day = on or local_today()
    words = text.casefold().split()
    scored = []
    for found in matters(kind=kind, on=day):
        score = _score(found, words, day)
        if score is not None:
            legacy = found.standard == LEGACY
            scored.append((score, legacy, found.kind != MatterKind.MATTER, found.code, found))
    return [row[-1] for row in sorted(scored, key=lambda row: row[:-1])[:limit]]


def _score(found: MatterRef, words: list[str], day: date) -> int | None:
    name, conditions = found.name.casefold(), None
    total = 0
    for word in words:
        if found.code == word or name == word:
            continue
        if word in name or found.code.startswith(word):
            total += 1
        elif word in found.major_name:
            total += 4
        else:
            if conditions is None:
                rules = rules_on(found.kind, found.code, day)
                conditions = " ".join(rule.condition for rule in rules).casefold()
            if word not in conditions:
                return None
            total += 8
    return total


@revised("catalogue")
def _matters() -> tuple[MatterRef, ...]:
    found = [
        MatterRef(
            id=row.pk,
            standard=row.standard,
            kind=MatterKind(row.kind),
            code=row.code,
            name=row.name,
            major_code=row.major_code,
            major_name=row.major_name,
            component_code=row.component_code,
            local=row.local,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in Matter.objects.all()
    ]
    rank = {STANDARD: 0, LEGACY: 2}
    return tuple(sorted(found, key=lambda m: (m.kind, m.code, rank.get(m.standard, 1), m.id)))


@revised("catalogue")
def _by_code() -> dict[tuple[str, str], tuple[MatterRef, ...]]:
    result: dict[tuple[str, str], tuple[MatterRef, ...]] = {}
    for found in _matters():
        key = (str(found.kind), found.code)
        result[key] = (*result.get(key, ()), found)
    return result


@revised("catalogue")
def _rules_by_id() -> dict[int, Rule]:
    by_id = {found.id: found for found in _matters()}
    return {
        row.pk: _rule(row, by_id[row.matter_id])
        for row in FilingRule.objects.order_by("position", "code", "version")
    }


@revised("catalogue")
def _rules_by_matter() -> dict[tuple[str, str], list[Rule]]:
    result: dict[tuple[str, str], list[Rule]] = {}
    for found in _rules_by_id().values():
        result.setdefault((str(found.matter.kind), found.matter.code), []).append(found)
    return result


def _rule(row: FilingRule, of: MatterRef) -> Rule:
    limit = Limit(row.limit_value, LimitUnit(row.limit_unit))
    return Rule(
        id=row.pk,
        code=row.code,
        version=row.version,
        matter=of,
        position=row.position,
        condition=row.condition,
        limit=limit,
        limit_text=row.limit_text or limit_text(limit),
        closing_condition=row.closing_condition,
        stages=tuple(_stage(stage) for stage in row.stages),
        competent=row.competent,
        responsible=row.responsible,
        legal_basis=row.legal_basis,
        collection=row.collection,
        photos_required=row.photos_required,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _stage(stage: dict[str, Any]) -> Stage:
    value = Decimal(str(stage["limit_value"]))
    return Stage(str(stage["name"]), Limit(value, LimitUnit(stage["limit_unit"])))

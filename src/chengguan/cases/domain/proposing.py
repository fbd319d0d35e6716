"""What a caller's words propose before anything is written: matter, place, condition, unit.

Each proposal carries its reason in a sentence that can be checked; nothing is decided here. How
it is done, and why without a library for it: docs/adr/0015.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty import Resolution, resolve
from chengguan.registry.domain.locate import AreaRef, chain, locate

from ..proposing import grams
from ..proposing.asking import question
from ..proposing.matters import Counted, ProposedMatter
from ..proposing.matters import matters as likely_matters
from ..proposing.places import ProposedPlace
from ..proposing.places import places as likely_places

#: From this score on a place is taken as meant, until a point is chosen.
SURE: Final = 0.6


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """A filing rule of the matter; the one that fits the words first."""

    id: int
    condition: str
    limit_text: str
    closing_condition: str
    photos_required: int
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything the words propose; empty members where nothing is likely enough.

    `matter` is the one that rules and unit are for: the chosen, else the first where it is sure.
    Where none is, `question` is what to ask the caller. `point` is the chosen one (CGCS2000), else
    that of the surest place; `area` its chain from the city down.
    """

    matters: list[ProposedMatter]
    places: list[ProposedPlace]
    rules: list[ProposedRule]
    unit: Resolution | None
    matter: tuple[str, str] | None = None
    point: tuple[float, float] | None = None
    area: tuple[AreaRef, ...] = ()
    question: str = ""


def propose(
    principal: Principal,
    *,
    text: str,
    address: str = "",
    point: tuple[float, float] | None = None,
    kind: str = "",
    at: datetime,
    chosen: tuple[str, str] | None = None,
    component_code: str = "",
    count: bool = True,
) -> Proposal:
    """Propose matters, places, rules and the unit for what a caller says.

    `point` is a place already chosen (CGCS2000 lon, lat), `chosen` a matter (kind, code) already
    chosen, `kind` bounds the matters; without `count` reasons name no numbers of cases. Reads
    only what the principal may see; writes nothing.
    """
    if not any(map(principal.can, (Capability.REPORT, Capability.ACCEPT, Capability.SEE_CASES))):
        return Proposal([], [], [], None)
    places = likely_places(principal, text, address)
    matters = likely_matters(principal, text, kind, at, count=count)
    first = matters[0] if matters and matters[0].sure else None
    matter = chosen or ((first.kind, first.code) if first else None)
    meant = places[0] if places and places[0].score >= SURE else None
    there = point or (meant.point if meant else None)
    located = locate(*there) if there else None
    area_code = located.code if located else ""
    component = component_code or (meant.component_code if meant and not point else "")
    unit = None
    if matter and area_code:
        unit = resolve(*matter, at, area_code=area_code, component_code=component)
    return Proposal(
        matters,
        places,
        fitting_rules(text, matter, at) if matter else [],
        unit,
        matter,
        there if located else None,
        tuple(chain(area_code)) if area_code else (),
        "" if chosen else question(matters),
    )


def fitting_rules(text: str, matter: tuple[str, str], at: datetime) -> list[ProposedRule]:
    """Give the filing rules of a matter in force, those that fit the words first; no statement."""
    said = set(grams.said(text))
    rules = catalogue.rules_on(*matter, timezone.localtime(at).date())
    every = [set(grams.said(rule.condition)) for rule in rules]
    # What all conditions of a matter say tells none of them from the others.
    same = set.intersection(*every) if len(every) > 1 else set()
    found = []
    for place, (rule, own) in enumerate(zip(rules, every, strict=True)):
        shared = (own & said) - same
        words = grams.shared_words(text, shared)
        reason = f"立案条件同有“{'”“'.join(words)}”" if words else ""
        if len(rules) == 1:
            reason = "此事项只有这一条现行立案标准"
        found.append((-len(shared), place, rule, reason))
    return [
        ProposedRule(
            rule.id, rule.condition, rule.limit_text, rule.closing_condition,
            rule.photos_required, reason,
        )
        for _, _, rule, reason in sorted(found, key=lambda one: one[:2])
    ]  # fmt: skip


__all__ = [
    "Counted",
    "Proposal",
    "ProposedMatter",
    "ProposedPlace",
    "ProposedRule",
    "fitting_rules",
    "likely_matters",
    "propose",
]

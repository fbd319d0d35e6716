"""Many cases dispatched at one press: those whose duty is certain, each with its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.cases.queries import cases_visible_to
from chengguan.core.errors import DomainError
from chengguan.registry.domain.duty import owners_of

from ..queries import is_certain, resolve_case

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case: dispatched to a unit and why, or left with the sentence why not."""

    number: str
    done: bool
    unit: str
    words: str


def dispatch_certain(
    principal: Principal, numbers: Sequence[str], at: datetime | None = None
) -> list[Outcome]:
    """Dispatch each of these cases that leaves no doubt, each in a transaction of its own.

    A hundred at most; what can't be is left as it is, and said. Order is that of `numbers`.
    """
    now = at or timezone.now()
    wanted = list(dict.fromkeys(numbers))[:MOST]
    found = {one.number: one for one in cases_visible_to(principal).filter(number__in=wanted)}
    owners = owners_of(one.component_code for one in found.values())
    outcomes = []
    for number in wanted:
        case = found.get(number)
        if case is None:
            outcomes.append(Outcome(number, False, "", "没有找到，或不在您的管辖范围内。"))
            continue
        outcomes.append(_one(principal, case, now, owners, at))
    return outcomes


def _one(
    principal: Principal, case: Case, now: datetime, owners: object, at: datetime | None
) -> Outcome:
    answer = resolve_case(case, now, owners)
    if not is_certain(case, answer):
        return Outcome(case.number, False, "", f"须人工判断：{answer.reason}。")
    try:
        act(case, "dispatch", principal, {"unit": answer.organisation_id}, at)
    except DomainError as error:
        return Outcome(case.number, False, answer.organisation, error.message)
    return Outcome(case.number, True, answer.organisation, answer.reason)

"""Cases that wait for somebody who is away, and who could do them instead (AB 角)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case

from ..roster.queries import absences_at, names

#: Where a case waits for one person, and the column that names him.
_WAITS_FOR = {"handling": "handler_id", "verifying": "collector_id", "checking": "collector_id"}


@dataclass(frozen=True, slots=True)
class Missing:
    """Who is away, until when, and his stand-in (None where nobody is named)."""

    name: str
    until: datetime
    stand_in: int | None
    stand_in_name: str


def missing_from(case: Case, at: datetime) -> Missing | None:
    """Say of an open case whether the person it waits for is away; from memory."""
    column = _WAITS_FOR.get(case.state)
    user_id = getattr(case, column) if column and case.main_case_id is None else None
    if user_id is None:
        return None
    absences = absences_at(at)
    away = absences.of(user_id, at)
    if away is None:
        return None
    other = absences.stand_in(user_id, at)
    known = names({user_id, *([other] if other else [])})
    return Missing(
        name=known.get(user_id, ("", ""))[0],
        until=away.ends_at,
        stand_in=other,
        stand_in_name=known.get(other, ("", ""))[0] if other else "",
    )


def left_behind(principal: Principal, wanted: CaseFilter, at: datetime) -> QuerySet[Case] | None:
    """Give the cases of the units one manages that lie with a handler who is away, under his filters.

    What is suspended isn't among them: it can't be handed over. None where nobody is away, which
    is known without a statement.
    """
    away = absences_at(at).away(at)
    if not away or not principal.can(Capability.HANDLE_UNIT):
        return None
    managed = scope_q(
        principal, Capability.HANDLE_UNIT, organisation_path="unit_path", matter="matter_code"
    )
    return Case.objects.filter(
        Q(state="handling", handler_id__in=away, main_case_id=None, suspended_until=None),
        managed,
        replace(wanted, states=()).q(at),
    )

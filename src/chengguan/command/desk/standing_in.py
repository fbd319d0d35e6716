"""Cases that wait for somebody who is away, and who could do them instead (AB 角)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case
from chengguan.cases.staffing import Away

from ..roster.queries import absences_at, away

#: Where a case waits for one person, and the column that names him.
_WAITS_FOR = {"handling": "handler_id", "verifying": "collector_id", "checking": "collector_id"}


def missing_from(case: Case, at: datetime) -> Away | None:
    """Say of an open case whether the person it waits for is away; from memory."""
    column = _WAITS_FOR.get(case.state)
    user_id = getattr(case, column) if column and case.main_case_id is None else None
    if user_id is None:
        return None
    return away(user_id, at)


def left_behind(principal: Principal, wanted: CaseFilter, at: datetime) -> QuerySet[Case] | None:
    """Give the cases of the units one manages that lie with a handler who is away, under his filters.

    What is suspended isn't among them: it can't be handed over. None where nobody is away, which
    is known without a statement.
    """
    missing = absences_at(at).away(at)
    if not missing or not principal.can(Capability.HANDLE_UNIT):
        return None
    managed = scope_q(
        principal, Capability.HANDLE_UNIT, organisation_path="unit_path", matter="matter_code"
    )
    return Case.objects.filter(
        Q(state="handling", handler_id__in=missing, main_case_id=None, suspended_until=None),
        managed,
        replace(wanted, states=()).q(at),
    )

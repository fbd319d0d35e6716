"""Which cases a person may see: by the scope of his posts, and those he has a part in himself."""

from __future__ import annotations

from collections.abc import Hashable

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.store.today import local_today

from .crossing import is_lent_to, lent_to
from .errors import ReportInvalid
from .filters import CaseFilter
from .joint import assisted_by, assists
from .models import Case
from .places import home_area


def cases_visible_to(principal: Principal) -> QuerySet[Case]:
    """Give the cases in the scope of a principal's posts, and those he has a part in himself."""
    return Case.objects.filter(visible_q(principal))


def visible_q(principal: Principal) -> Q:
    """Give the same as one condition."""
    whole = Q()
    for index, branch in enumerate(branches(principal)):
        whole = whole | branch if index else branch
    return whole


def reach(principal: Principal) -> Q:
    """Give the condition on cases that `cases_visible_to` has, as one value.

    Two people of the same reach have equal values, so that what was counted for one may be shown
    to the other; over an area held whole nobody's own part is named in it.
    """
    whole = Q()
    for index, branch in enumerate(needed(principal, CaseFilter())):
        whole = whole | branch if index else branch
    return whole


def alike(principal: Principal) -> Hashable:
    """Give a value that is equal for two people to whom every list of cases shows the same.

    Besides the reach it holds what each may do where: some questions are asked only by some.
    """
    may = frozenset(
        (one.capabilities, one.area_code, one.organisation_path if one.by_unit else "", one.matters)
        for one in principal.grants
        if one.is_valid(local_today())
    )
    return reach(principal), may, principal.is_system


def can_see(principal: Principal, case_id: int) -> bool:
    """Say whether a principal may see a case; the port of files asks this."""
    return cases_visible_to(principal).filter(pk=case_id).exists()


def sees(principal: Principal, case: Case) -> bool:
    """Say of a case that has been read whether `cases_visible_to` has it; no statement."""
    if principal.is_system:
        return True
    held = list(principal.holding(Capability.SEE_CASES))
    if not held:
        return False
    me = principal.user_id
    return (
        me in (case.reporter_id, case.collector_id)
        or (case.handler_id == me and case.closed_at is None)
        or any(one.covers(case.area_code, case.unit_path, case.matter_code) for one in held)
        or assists(held, case)
        or is_lent_to(held, case)
    )


def branches(principal: Principal) -> list[Q]:
    """Give the conditions of which any one lets the principal see a case."""
    scope = scope_q(
        principal, Capability.SEE_CASES, organisation_path="unit_path", matter="matter_code"
    )
    if not scope or not any(principal.holding(Capability.SEE_CASES)):
        return [scope]
    me = principal.user_id
    grants = scope.children if scope.connector == Q.OR else [scope]
    return [
        *(Q(one) for one in grants),
        # Small indexes that PostgreSQL joins into one bitmap.
        Q(reporter_id=me)
        | Q(collector_id=me)
        | Q(handler_id=me, closed_at=None)
        | assisted_by(principal)
        | lent_to(principal),
    ]


def needed(principal: Principal, wanted: CaseFilter) -> list[Q]:
    """Give the branches without those that one grant over the whole area asked for makes idle."""
    asked = wanted.area or _home()
    for held in principal.holding(Capability.SEE_CASES):
        if not held.by_unit and not held.matters and asked.startswith(held.area_code):
            return [Q(area_code__startswith=held.area_code) if held.area_code else Q()]
    return branches(principal)


def _home() -> str:
    try:
        return home_area()
    except ReportInvalid:
        # No areas have been imported yet: an empty list is still a list.
        return ""

"""Which cases and reports a person may see, and one page of them."""

from __future__ import annotations

from django.db.models import QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability

from .models import Case, Report

_PEOPLE = ("reporter_id", "handler_id", "collector_id")


def cases_visible_to(principal: Principal) -> QuerySet[Case]:
    """Give the cases in the scope of a principal's posts, and those he has a part in himself."""
    return Case.objects.filter(
        scope_q(
            principal,
            Capability.SEE_CASES,
            organisation_path="unit_path",
            matter="matter_code",
            people=_PEOPLE,
        )
    )


def reports_of(case: Case) -> QuerySet[Report]:
    """Give the reports of a case, and of the cases merged into it, oldest first."""
    merged = Case.objects.filter(main_case_id=case.pk).values("id")
    own = Report.objects.filter(case_id=case.pk)
    joined = Report.objects.filter(case_id__in=merged)
    return (own | joined).order_by("at", "id")


def can_see(principal: Principal, case_id: int) -> bool:
    """Say whether a principal may see a case; the port of files asks this."""
    return cases_visible_to(principal).filter(pk=case_id).exists()

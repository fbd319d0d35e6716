"""Plans and their runs: who sees them, and counts in which drills stand apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.programmes.enums import ProgrammeKind
from chengguan.programmes.models import Programme
from chengguan.programmes.queries import programmes_visible_to, with_progress

from ..models import PlanTemplate
from .domain.starting import SOURCE


def plans_visible_to(principal: Principal) -> QuerySet[PlanTemplate]:
    """Give the plans of the areas one commands, and of those around them: a plan is no secret there."""
    if principal.is_system:
        return PlanTemplate.objects.all()
    reach = Q(pk__in=[])
    for held in principal.holding(Capability.ORDER):
        if held.by_unit:
            continue
        around = [held.area_code[:length] for length in (0, 2, 4, 6, 9, 12, 15)]
        reach |= Q(area_code__in=around) | Q(area_code__startswith=held.area_code)
    return PlanTemplate.objects.filter(reach)


def newest_plans(principal: Principal) -> list[PlanTemplate]:
    """Give the newest version of each plan one may see: one statement."""
    rows = plans_visible_to(principal)
    newest = PlanTemplate.objects.filter(code=OuterRef("code")).order_by("-version").values("pk")
    return list(rows.filter(pk=Subquery(newest[:1])).order_by("name"))


def runs_visible_to(principal: Principal) -> QuerySet[Programme]:
    """Give the runs of plans one may see."""
    return programmes_visible_to(principal).filter(source=SOURCE, kind=ProgrammeKind.PLAN)


def run_list(principal: Principal, at: datetime, *, drill: bool | None = None) -> list[Any]:
    """Give the last hundred runs with their progress, newest first: one statement."""
    rows = runs_visible_to(principal)
    if drill is not None:
        rows = rows.filter(drill=drill)
    return list(with_progress(rows, at).order_by("-started_at", "-pk")[:100])


def run_counts(principal: Principal) -> dict[str, int]:
    """Count runs: `real` never includes a drill. One statement."""
    found: dict[str, int] = runs_visible_to(principal).aggregate(
        real=Count("pk", filter=Q(drill=False)),
        open=Count("pk", filter=Q(drill=False, closed_at=None)),
        drills=Count("pk", filter=Q(drill=True)),
    )
    return found

"""Deployments: who sees them, the list, and the orders and cases under one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case, Crossing
from chengguan.cases.queries import cases_visible_to
from chengguan.registry.domain.towns import DISTRICT

from ..models import Deployment, Order
from ..orders.queries import counted, orders_visible_to

SIZE = 50
_TOWN = 9
#: What a tab of the list asks for; the third asks for all.
TABS = {"waiting": "待审批", "running": "已批准", "": "全部"}


def deployments_visible_to(principal: Principal) -> QuerySet[Deployment]:
    """Give those of the towns one commands, asking or lending, of one's county, and one's own."""
    if principal.is_system:
        return Deployment.objects.all()
    reach = Q(pk__in=[])
    if principal.user_id is not None:
        reach |= Q(asked_id=principal.user_id)
    for held in principal.holding(Capability.ORDER):
        if held.by_unit:
            continue
        if len(held.area_code) <= DISTRICT:
            reach |= Q(district__startswith=held.area_code)
        elif len(held.area_code) == _TOWN:
            reach |= Q(town=held.area_code) | Q(lenders__contains=[held.area_code])
    return Deployment.objects.filter(reach)


def deployment_list(
    principal: Principal, tab: str, at: datetime, *, before: int | None = None
) -> list[Deployment]:
    """Give up to SIZE + 1, newest first: one statement."""
    rows = deployments_visible_to(principal)
    if tab == "waiting":
        rows = rows.filter(approved_at=None, refused_at=None, ended_at=None, ends_at__gt=at)
    elif tab == "running":
        rows = rows.filter(approved_at__isnull=False, ended_at=None, ends_at__gt=at)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[: SIZE + 1])


def waiting(principal: Principal, at: datetime) -> int:
    """Count what awaits a word among those one may see."""
    return (
        deployments_visible_to(principal)
        .filter(approved_at=None, refused_at=None, ended_at=None, ends_at__gt=at)
        .count()
    )


def beside(one: Deployment) -> list[Deployment]:
    """Give the approved deployments of the same units in the same time: the county weighs them."""
    rows = Deployment.objects.filter(
        units__overlap=one.units,
        approved_at__isnull=False,
        ended_at=None,
        begins_at__lt=one.ends_at,
        ends_at__gt=one.begins_at,
    )
    return list(rows.exclude(pk=one.pk).order_by("begins_at", "pk")[:10])


def orders_under(principal: Principal, one: Deployment, at: datetime) -> list[Any]:
    """Give the orders under a deployment that one may see, with their counts."""
    rows = orders_visible_to(principal).filter(subject=one.subject)
    return list(counted(rows, at).order_by("pk"))


def cases_under(principal: Principal, one: Deployment) -> list[Case]:
    """Give the cases handled under a deployment that one may see, fifty at most."""
    ids = Crossing.objects.filter(deployment_id=one.pk).values("case_id")
    return list(cases_visible_to(principal).filter(pk__in=ids).order_by("-opened_at")[:SIZE])


def under(deployment_ids: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Count orders and cases by deployment, whoever may see which: two statements."""
    subjects = {f"command.deployment:{pk}": pk for pk in deployment_ids}
    orders = dict.fromkeys(deployment_ids, 0)
    for subject in Order.objects.filter(subject__in=subjects).values_list("subject", flat=True):
        orders[subjects[subject]] += 1
    cases: dict[int, set[int]] = {pk: set() for pk in deployment_ids}
    rows = Crossing.objects.filter(deployment_id__in=deployment_ids)
    for pk, case_id in rows.values_list("deployment_id", "case_id"):
        if pk is not None:
            cases[pk].add(case_id)
    return orders, {pk: len(found) for pk, found in cases.items()}

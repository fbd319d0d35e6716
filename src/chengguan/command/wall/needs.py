"""What needs a leader: requests that wait for his decision, counted as figures like all else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.urls import reverse

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.cases.queries import cases_visible_to
from chengguan.workflow.domain import current
from chengguan.workflow.enums import RequestStatus
from chengguan.workflow.models import Request

from ..figures.domain.declared import declare
from ..figures.domain.figure import Line, ListFigure
from ..figures.domain.windows import Window

DECIDERS: Final = (Capability.LEAD, Capability.APPROVE)
_FORCE: Final = "force_close"


def waiting(principal: Principal) -> QuerySet[Request]:
    """Give the pending requests a person may decide: his posts, his scope, and not his own."""
    wanted = Q(pk__in=[])
    for capability in DECIDERS:
        if principal.can(capability):
            scope = scope_q(principal, capability, organisation_path="organisation_path")
            wanted |= Q(capability=capability) & scope
    # Requests carry no matter: the cases he sees bound what a post for some matters decides.
    seen = cases_visible_to(principal).values("pk")
    pending = Request.objects.filter(
        wanted, procedure="case", status=RequestStatus.PENDING, instance_id__in=seen
    )
    return pending.exclude(asked_by=principal.user_id).order_by("asked_at", "id")


def _waiting(principal: Principal, window: Window, at: datetime) -> QuerySet[Request]:
    return waiting(principal).exclude(kind=_FORCE)


def _forced(principal: Principal, window: Window, at: datetime) -> QuerySet[Request]:
    return waiting(principal).filter(kind=_FORCE)


def _lines(rows: Sequence[Any]) -> list[Line]:
    numbers = dict(
        Case.objects.filter(pk__in=[row.instance_id for row in rows]).values_list("pk", "number")
    )
    titles = {name: spec.title for name, spec in current("case").requests.items()}
    return [
        Line(
            f"{titles.get(row.kind, row.kind)}：{numbers.get(row.instance_id, '')}",
            row.reason,
            reverse("cases:detail", args=[numbers[row.instance_id]])
            if row.instance_id in numbers
            else "",
            row.asked_at,
        )
        for row in rows
    ]


declare(
    ListFigure(
        "to_decide", "待我审批", "本人岗位和范围内还没有审结、又不是本人提出的申请，强制结案另列。",
        _waiting, _lines, needs=DECIDERS,
    ),
    ListFigure(
        "to_force", "强制结案待复核", "别的领导提出、等第二位领导决定的强制结案。",
        _forced, _lines, needs=(Capability.LEAD,),
    ),
)  # fmt: skip

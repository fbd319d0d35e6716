"""Disputes that wait for a ruling, rulings with what was dispatched by them, and what they changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, F, Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case, PrecedentUse
from chengguan.cases.queries import CaseRow, cases_visible_to, rows_of
from chengguan.registry.domain.duty_index import units
from chengguan.registry.models import Precedent
from chengguan.registry.queries import precedents_visible_to
from chengguan.workflow.models import Event, Request

KINDS: Final = ("return", "ruling")
MOST: Final = 100
DAYS: Final = 90
_TOLD: Final = {
    "dispatch": "派遣", "dispatch_automatically": "自动派遣", "return_to_dispatcher": "退回派遣员",
    "ask_return": "申请回退仲裁", "grant_return": "裁定改派", "refuse_return": "裁定维持",
    "ask_ruling": "申请裁定", "grant_ruling": "裁定单位", "refuse_ruling": "不予裁定",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a dispute: when, who of which unit, did what with which unit, why, which clause."""

    at: datetime
    title: str
    who: str
    unit: str
    to: str
    reason: str
    basis: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """A request for a ruling, its case, and how it came to this."""

    request: Request
    row: CaseRow
    turns: list[Turn] = field(default_factory=list)

    @property
    def verbs(self) -> tuple[str, str]:
        """The verbs by which it is ruled: for another unit, or not."""
        return f"grant_{self.request.kind}", f"refuse_{self.request.kind}"


@dataclass(frozen=True, slots=True)
class Part:
    """Like cases on one side of a ruling: how many, dispatches each, and the share sent back twice."""

    cases: int
    hops: float | None
    twice: int

    @property
    def twice_percent(self) -> str:
        return f"{self.twice * 100 / self.cases:.1f}%" if self.cases else "—"


def disputes(principal: Principal, at: datetime) -> list[Dispute]:
    """Give the disputes this person may rule on, the longest waiting first; three statements."""
    scope = scope_q(principal, Capability.LEAD)
    # Requests carry no matter: the cases he sees bound what a post for some matters rules on.
    seen = cases_visible_to(principal).values("pk")
    asked = Request.objects.filter(
        scope, procedure="case", kind__in=KINDS, status="pending", instance_id__in=seen
    )
    if principal.user_id is not None:
        # Four eyes, as in the inbox of requests: who asked doesn't rule.
        asked = asked.exclude(asked_by=principal.user_id)
    waiting = list(asked.order_by("asked_at", "id")[:MOST])
    ids = [one.instance_id for one in waiting]
    rows = {row.id: row for row in rows_of(ids, at)}
    told = turns_of(ids)
    return [
        Dispute(one, rows[one.instance_id], told[one.instance_id])
        for one in waiting
        if one.instance_id in rows
    ]


def turns_of(case_ids: list[int]) -> dict[int, list[Turn]]:
    """Give the turns of these cases' disputes, in order; one statement."""
    found: dict[int, list[Turn]] = defaultdict(list)
    known = units()
    events = Event.objects.filter(instance_id__in=case_ids, verb__in=list(_TOLD))
    for event in events.order_by("instance_id", "seq"):
        data: dict[str, Any] = event.data
        from_unit, to = known.get(event.organisation_id or 0), known.get(data.get("unit") or 0)
        trace = data.get("trace") or {}
        reason = data.get("reason") or data.get("override") or data.get("note")
        found[event.instance_id].append(
            Turn(
                event.at,
                _TOLD[event.verb],
                event.actor,
                from_unit.name if from_unit else "",
                to.name if to else "",
                str(reason or trace.get("reason") or ""),
                str(data.get("basis") or ""),
            )
        )
    return found


def precedents(principal: Principal) -> list[tuple[Precedent, int]]:
    """Give the rulings this person may see, each with its uses in cases he may see."""
    found = list(precedents_visible_to(principal)[:500])
    counts = dict(
        uses_visible_to(principal)
        .filter(precedent_id__in=[one.pk for one in found])
        .order_by()
        .values_list("precedent_id")
        .annotate(count=Count("id"))
    )
    return [(one, counts.get(one.pk, 0)) for one in found]


def uses_visible_to(principal: Principal) -> QuerySet[PrecedentUse]:
    """Give the dispatches by rulings, of cases this person may see, the latest first."""
    seen = cases_visible_to(principal).values("pk")
    return PrecedentUse.objects.filter(case_id__in=seen).order_by("-at", "-id")


def like_cases(principal: Principal, ruling: Precedent, part: str) -> QuerySet[Case]:
    """Give the like cases of 90 days `before` or `after` a ruling: its matter and area, dispatched.

    Like is what the ruling speaks of: the same matter, in its area.
    """
    span = (
        {"filed_at__gte": ruling.ruled_at - timedelta(days=DAYS), "filed_at__lt": ruling.ruled_at}
        if part == "before"
        else {
            "filed_at__gte": ruling.ruled_at,
            "filed_at__lt": ruling.ruled_at + timedelta(days=DAYS),
        }
    )
    return cases_visible_to(principal).filter(
        Q(kind=ruling.kind) if ruling.kind else Q(),
        matter_code=ruling.matter_code,
        area_code__startswith=ruling.area_code,
        dispatched_at__isnull=False,
        **span,
    )


def part_of(principal: Principal, ruling: Precedent, part: str) -> Part:
    """Count one side of a ruling; hops are dispatches: each return sends a case on once more."""
    found = like_cases(principal, ruling, part).aggregate(
        cases=Count("id"),
        hops=Avg(F("returns") + 1.0),
        twice=Count("id", filter=Q(returns__gte=2)),
    )
    return Part(found["cases"], found["hops"], found["twice"])

"""What came in by hour and area in past weeks, and who was on duty then: the rows behind 错时."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import ExtractHour
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Report

from .board import Asked, pieces_seen
from .domain.flexible import HOURS, Proposal, covered, propose
from .domain.presence import Duty
from .domain.spans import instant, zone


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the day: reports in all weeks, a day; people and what they cover, before, after."""

    hour: int
    reports: int
    expected: float
    before: float
    covered_before: float
    after: float
    covered_after: float

    @property
    def open_before(self) -> float:
        return self.expected - self.covered_before

    @property
    def open_after(self) -> float:
        return self.expected - self.covered_after


@dataclass(frozen=True, slots=True)
class Risk:
    """The page: hours, sums a day, the proposal, and the days it rests on."""

    hours: list[Hour]
    days: int
    reports: int
    before: float
    after: float
    expected: float
    proposal: Proposal

    @property
    def share_before(self) -> float:
        return 100 * self.before / self.expected if self.expected else 0.0

    @property
    def share_after(self) -> float:
        return 100 * self.after / self.expected if self.expected else 0.0

    @property
    def quality(self) -> float:
        """Per cent of what any plan could cover at most."""
        return 100 * self.after / self.proposal.bound if self.proposal.bound else 100.0

    @property
    def starts(self) -> list[tuple[int, int]]:
        """(hour, people who begin then)."""
        found = self.proposal.starts
        return [(hour, found.count(hour)) for hour in sorted(set(found))]


def reports_seen(
    principal: Principal, area_code: str, weeks: int, hour: int | None = None
) -> QuerySet[Any]:
    """Give the reports one may see, of an area and the whole weeks before today, of one hour."""
    first, last = window(weeks)
    seen = scope_q(principal, Capability.SEE_CASES, matter="matter_code", people=("reporter_id",))
    rows = Report.objects.filter(
        seen, at__gte=first, at__lt=last, area_code__startswith=area_code
    ).annotate(hour=ExtractHour("at", tzinfo=zone()))
    return rows if hour is None else rows.filter(hour=hour)


def window(weeks: int) -> tuple[datetime, datetime]:
    """Give the half-open instants of the whole weeks before today."""
    last = instant(timezone.localdate(), time())
    return last - timedelta(weeks=weeks), last


def risk(
    principal: Principal,
    *,
    area_code: str,
    post: str,
    weeks: int,
    people: int | None,
    length: int,
    per_hour: float,
) -> Risk:
    """Compare the hours worked with those proposed; three statements.

    Without `people` as many as began a shift on an average day.
    """
    days = weeks * 7
    counts = [0] * HOURS
    rows = reports_seen(principal, area_code, weeks).values("hour").annotate(number=Count("pk"))
    for row in rows.order_by("hour").values_list("hour", "number"):
        counts[row[0]] = row[1]
    demand = [one / days for one in counts]
    first, last = window(weeks)
    asked = Asked(timezone.localtime(first).date(), days, post=post, area=area_code)
    pieces = pieces_seen(principal, asked)
    staff = staff_by_hour(pieces, first, last)
    wanted = people or max(1, round(len(pieces) / days))
    proposal = propose(demand, wanted, length, per_hour)
    now = covered(demand, staff, per_hour)
    hours = [
        Hour(h, counts[h], demand[h], staff[h], now[h], proposal.staff[h], proposal.covered[h])
        for h in range(HOURS)
    ]
    return Risk(hours, days, sum(counts), sum(now), proposal.total, sum(demand), proposal)


def staff_by_hour(pieces: Sequence[Duty], first: datetime, last: datetime) -> list[float]:
    """Give how many people were on duty on average in each local hour of the days between."""
    seconds = [0.0] * HOURS
    for piece in pieces:
        at, until = max(piece.starts_at, first), min(piece.ends_at, last)
        while at < until:
            local = timezone.localtime(at)
            turn = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            upto = min(until, turn)
            seconds[local.hour] += (upto - at).total_seconds()
            at = upto
    days = (last - first).days
    return [one / 3600 / days for one in seconds]

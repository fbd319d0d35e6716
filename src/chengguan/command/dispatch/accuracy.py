"""How right a machine was: every act of it with what became of it, by week and rule.

Dispatch was right where who looked again chose the same unit, or, where nobody did, the unit it
chose handled the case. Wrong: another unit was chosen, or has the case now. What is under way is
neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Case as When_
from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncWeek
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case

from ..models import AutomaticAct, AutomaticDispatch, AutomaticRule, Verdict

NEEDED_PERCENT: Final = 98


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One line: a week, a matter and the rule of the duties that was followed."""

    week: date
    kind: str
    matter: str
    basis: str
    all: int
    right: int
    wrong: int

    @property
    def decided(self) -> int:
        return self.right + self.wrong

    @property
    def percent(self) -> str:
        return percent_of(self.right, self.wrong)


@dataclass(frozen=True)
class Ledger:
    """The acts of one machine. `judged` adds `outcome` to each: right, wrong or open."""

    model: type[AutomaticAct]
    judged: Callable[[QuerySet[Any]], QuerySet[Any]]
    outcomes: Mapping[str, str]

    def visible_to(self, principal: Principal) -> QuerySet[Any]:
        """Give the acts in the areas of a principal's posts."""
        scope = scope_q(principal, Capability.SEE_CASES, matter="matter_code")
        return self.model._default_manager.filter(scope)

    def by_week(self, principal: Principal, at: datetime, weeks: int = 8) -> list[Accuracy]:
        """Give the lines of the last weeks, the latest first; one statement."""
        first = monday(at) - timedelta(weeks=weeks - 1)
        rows = (
            self.judged(self.visible_to(principal).filter(at__gte=_midnight(first)))
            .annotate(week=TruncWeek("at"))
            .order_by()
            .values("week", "kind", "matter_code", "basis")
            .annotate(**_COUNTS)
        )
        found = [
            Accuracy(
                timezone.localtime(row["week"]).date(),
                row["kind"],
                row["matter_code"],
                row["basis"],
                row["all"],
                row["right"],
                row["wrong"],
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: (-one.week.toordinal(), one.matter, one.basis))

    def rows_of(
        self,
        principal: Principal,
        *,
        week: date | None = None,
        matter: str = "",
        basis: str = "",
        outcome: str = "",
        rule: int | None = None,
    ) -> QuerySet[Any]:
        """Give the acts behind a number, the latest first."""
        wanted = Q()
        if week is not None:
            wanted &= Q(at__gte=_midnight(week), at__lt=_midnight(week + timedelta(days=7)))
        if matter:
            wanted &= Q(matter_code=matter)
        if basis:
            wanted &= Q(basis=basis)
        if rule is not None:
            wanted &= Q(rule_id=rule)
        found = self.judged(self.visible_to(principal).filter(wanted))
        if outcome in self.outcomes:
            found = found.filter(outcome=outcome)
        return found.order_by("-at", "-id")

    def of_rule(self, rule: AutomaticRule, principal: Principal) -> tuple[int, int, int]:
        """Give (right, wrong, all) of what a rule has done and the principal may see."""
        counts = self.judged(self.visible_to(principal).filter(rule=rule)).aggregate(**_COUNTS)
        return counts["right"], counts["wrong"], counts["all"]


_COUNTS: Final = {
    "all": Count("id"),
    "right": Count("id", filter=Q(outcome="right")),
    "wrong": Count("id", filter=Q(outcome="wrong")),
}


def _judged(rows: QuerySet[Any]) -> QuerySet[Any]:
    of = Case.objects.filter(pk=OuterRef("case_id"))
    found: QuerySet[Any] = rows.annotate(
        unit_now=Subquery(of.values("unit_id")[:1]),
        handled=Subquery(of.values("handled_at")[:1]),
        outcome=When_(
            When(verdict=Verdict.RIGHT, then=Value("right")),
            When(verdict=Verdict.WRONG, then=Value("wrong")),
            When(Q(unit_now__isnull=False) & ~Q(unit_now=F("unit_id")), then=Value("wrong")),
            When(handled__isnull=False, then=Value("right")),
            default=Value("open"),
            output_field=CharField(),
        ),
    )
    return found


DISPATCHED: Final = Ledger(
    AutomaticDispatch, _judged, {"right": "正确", "wrong": "不正确", "open": "未办完"}
)


def too_low(right: int, wrong: int) -> bool:
    """Say whether the machine must stop: fewer than 98 in a hundred of those decided were right."""
    return right * 100 < NEEDED_PERCENT * (right + wrong)


def percent_of(right: int, wrong: int) -> str:
    """Give a share in words, "—" of nothing."""
    return f"{right * 100 / (right + wrong):.1f}%" if right + wrong else "—"


def monday(at: datetime) -> date:
    """Give the first day of an instant's week."""
    day = timezone.localtime(at).date()
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))

"""How right the machine's closings were.

Wrong: the case was reopened since, or who looked again would not have closed it. Right: who looked
again would have, or the time in which residents may dispute it is over. Till then it is open.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import Case as When_
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value, When
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.guards import DISPUTE_DAYS
from chengguan.cases.models import Case

from ..dispatch.accuracy import Ledger
from ..models import AutomaticClosing, Verdict

TERM: Final = timedelta(days=DISPUTE_DAYS)


def _judged(rows: QuerySet[Any]) -> QuerySet[Any]:
    of = Case.objects.filter(pk=OuterRef("case_id"))
    found: QuerySet[Any] = rows.filter(decoy=False).annotate(
        reopened=Subquery(of.values("reopened")[:1]),
        outcome=When_(
            When(reopened__gt=0, then=Value("wrong")),
            When(verdict=Verdict.WRONG, then=Value("wrong")),
            When(verdict=Verdict.RIGHT, then=Value("right")),
            When(at__lt=timezone.now() - TERM, then=Value("right")),
            default=Value("open"),
            output_field=CharField(),
        ),
    )
    return found


CLOSED: Final = Ledger(
    AutomaticClosing, _judged, {"right": "正确", "wrong": "不正确", "open": "异议期内"}
)


def decoys(principal: Principal) -> QuerySet[AutomaticClosing]:
    """Give the decoys that were looked at, in the areas of a principal's posts, the latest first."""
    scope = scope_q(principal, Capability.SEE_CASES, matter="matter_code")
    found = AutomaticClosing.objects.filter(scope, decoy=True).exclude(verdict="")
    return found.order_by("-judged_at", "-id")


def to_judge(principal: Principal) -> QuerySet[AutomaticClosing]:
    """Give what waits to be looked at again by this person, the oldest first.

    Not by who had a hand in the case, and not by who switched the machine on.
    """
    scope = scope_q(principal, Capability.CLOSE, matter="matter_code")
    found = AutomaticClosing.objects.filter(scope, drawn=True, verdict="")
    if principal.user_id is not None:
        found = found.exclude(people__contains=[principal.user_id])
        found = found.exclude(rule__on_by_id=principal.user_id)
    return found.order_by("at", "id")

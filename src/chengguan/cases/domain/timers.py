"""What time alone does to cases; run by the worker, late or not, with the same result.

A suspension ends at the instant that was approved, a duplicate closes with its main case, an
unanswered oversight escalates, and tomorrow's number sequences are made before midnight.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from chengguan.core.errors import DomainError
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area
from chengguan.workflow.domain import act

from ..models import Case
from . import numbers
from .acting import SYSTEM, wake
from .superiors import HIGHEST_LEVEL

log = logging.getLogger(__name__)

BATCH: Final = 200


def resume_due(now: datetime | None = None) -> int:
    """End the suspensions whose time is up; gives how many."""
    at = now or timezone.now()
    due = Case.objects.filter(suspended_until__lte=at).order_by("suspended_until")[:BATCH]
    return _each(due, lambda case: wake(case, at))


def close_merged(now: datetime | None = None) -> int:
    """Close the duplicates whose main case is closed, at that instant; gives how many."""
    at = now or timezone.now()
    closing = Case.objects.filter(pk=OuterRef("main_case_id"), closed_at__isnull=False)
    due = (
        Case.objects.filter(main_case_id__isnull=False, closed_at__isnull=True)
        .alias(main_closed_at=Subquery(closing.values("closed_at")[:1]))
        .filter(main_closed_at__isnull=False)
        .order_by("id")[:BATCH]
    )
    return _each(
        due, lambda case: bool(act(case, "close_with_main", SYSTEM, {}, _not_before(case, at)))
    )


def escalate_oversight(now: datetime | None = None) -> int:
    """Raise the level of oversight orders unanswered past their term; gives how many.

    Each rise begins a new term (`superiors.ESCALATE_AFTER`), and the highest level is the last.
    """
    at = now or timezone.now()
    due = Case.objects.filter(
        oversight_due_at__lt=at, oversight_level__lt=HIGHEST_LEVEL, closed_at__isnull=True
    ).order_by("oversight_due_at")[:BATCH]
    return _each(due, lambda case: bool(act(case, "escalate", SYSTEM, {}, _not_before(case, at))))


def prepare_numbers(now: datetime | None = None) -> int:
    """Make tomorrow's sequences of every district, and drop the very old ones."""
    today = numbers.local_day(now or timezone.now())
    districts = Area.objects.filter(level=AreaLevel.DISTRICT, geometry__isnull=False)
    codes = list(districts.values_list("code", flat=True))
    numbers.drop_old(today)
    return numbers.prepare(codes, today + timedelta(days=1))


def tick(now: datetime | None = None) -> int:
    """Do everything that is due now; the worker calls it again at once while it gives a number."""
    return resume_due(now) + close_merged(now) + escalate_oversight(now)


def _not_before(case: Case, at: datetime) -> datetime:
    # After the clock was set back a refusal would be audited each second until it has caught up.
    return max(at, case.changed_at)


def _each(cases: Iterable[Case], step: Callable[[Case], bool]) -> int:
    done = 0
    for case in cases:
        try:
            done += step(case)
        except DomainError as error:
            # Somebody was faster, or the case can't move now: the others still can.
            log.warning("case %s left by its timer: %s", case.number, error.code)
    return done

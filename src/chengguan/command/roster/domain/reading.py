"""Duties, absences and pairs read from the tables for a window of time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from chengguan.command.models.roster import Absence, Assignment, Pairing
from chengguan.store.cache import revised

from .presence import Absences, Away, Duty, Pair
from .spans import LONGEST, instant

REVISION: Final = "command.roster"
_COLUMNS: Final = (
    "id", "user_id", "post", "area_code", "organisation_id", "shift_code", "shift_name", "period",
    "starts_at", "ends_at", "rest_minutes", "source",
)  # fmt: skip
# The days that screens ask for again and again; older ones are read when asked for.
_KEPT_DAYS: Final = 2


def between(
    first: datetime, last: datetime, *, known_at: datetime | None = None
) -> QuerySet[Assignment]:
    """Give the assignments that touch `first <= t < last`.

    As they are known today, corrections included; with `known_at` as they were written then.
    """
    rows = Assignment.objects.filter(
        starts_at__lt=last, starts_at__gt=first - LONGEST, ends_at__gt=first
    )
    return rows.filter(known(known_at))


def known(at: datetime | None) -> Q:
    """Give the condition on rows that held as was known at `at`; None is today's knowledge."""
    if at is None:
        return Q(ended_at__isnull=True)
    return Q(made_at__lte=at) & (Q(ended_at__isnull=True) | Q(ended_at__gt=at))


def duties(rows: QuerySet[Assignment]) -> list[Duty]:
    """Give the rows by value, by start."""
    return [Duty(*row) for row in rows.order_by("starts_at", "id").values_list(*_COLUMNS)]


def absences(first: datetime, last: datetime, *, known_at: datetime | None = None) -> Absences:
    """Read absences that touch the window, and all pairs."""
    rows = Absence.objects.filter(ends_at__gt=first, starts_at__lt=last)
    if known_at is None:
        rows = rows.filter(withdrawn_at__isnull=True)
    else:
        kept = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=known_at)
        rows = rows.filter(kept, made_at__lte=known_at)
    away = [
        Away(*row)
        for row in rows.order_by("-id").values_list(
            "user_id", "starts_at", "ends_at", "stand_in_id"
        )
    ]
    pairs = [
        Pair(*row)
        for row in Pairing.objects.order_by("-id").values_list(
            "user_id", "stand_in_id", "valid_from", "valid_to"
        )
    ]
    return Absences(away, pairs)


def day_of(at: datetime) -> tuple[tuple[Duty, ...], Absences]:
    """Give who is there on the local day of `at`: pieces of duties, and the day's absences."""
    day = timezone.localtime(at).date()
    if abs((day - timezone.localdate()).days) <= _KEPT_DAYS:
        return _kept_day(day)
    return _read_day(day)


@revised(REVISION)
def _kept_day(day: date) -> tuple[tuple[Duty, ...], Absences]:
    return _read_day(day)


def _read_day(day: date) -> tuple[tuple[Duty, ...], Absences]:
    first = instant(day, time())
    last = instant(day + timedelta(1), time())
    away = absences(first, last)
    found = [piece for duty in duties(between(first, last)) for piece in away.pieces(duty)]
    return tuple(found), away

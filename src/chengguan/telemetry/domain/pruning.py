"""Positions are kept for thirty days and no longer (ADR 0022)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from ..models import Latest, Position

KEPT_DAYS: Final = 30


def kept_since(now: datetime) -> datetime:
    """Give the local midnight from which on positions are kept."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=KEPT_DAYS)


@transaction.atomic
def prune(now: datetime) -> int:
    """Delete whole days of positions older than `KEPT_DAYS`; give how many of the history."""
    since = kept_since(now)
    Latest.objects.filter(at__lt=since).delete()
    # Not the ORM's collector: it would read a day of rows before it deletes them.
    old = Position.objects.filter(at__lt=since)
    return old._raw_delete(old.db)

"""Meetings, and what of their decisions is not done yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.programmes.enums import ProgrammeKind
from chengguan.programmes.models import Item, Programme
from chengguan.programmes.queries import open_items, programmes_visible_to, with_progress

SHOWN = 100


def meetings_visible_to(principal: Principal) -> QuerySet[Programme]:
    """Give the meetings one may see: one's own, of one's area, and those that gave one an item."""
    return programmes_visible_to(principal).filter(kind=ProgrammeKind.MEETING)


def meeting_list(principal: Principal, at: datetime) -> list[Any]:
    """Give the last hundred meetings with `n_items`, `n_done`, `n_late`: one statement."""
    rows = with_progress(meetings_visible_to(principal), at)
    return list(rows.order_by("-started_at", "-pk")[:SHOWN])


def left_over(principal: Principal, meeting: Programme) -> list[Item]:
    """Give what earlier meetings of the series decided and nobody has done: one statement."""
    if not meeting.series:
        return []
    rows = open_items(principal, kind=ProgrammeKind.MEETING, series=meeting.series)
    return list(rows.filter(programme__started_at__lt=meeting.started_at)[:SHOWN])

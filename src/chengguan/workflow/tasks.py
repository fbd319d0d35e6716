"""What the engine does in the background: following moved organisations and revised calendars."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from procrastinate.contrib.django import app

from chengguan.accounts.domain.principal import Principal

from .domain.moving import follow_move
from .domain.revising import recalculate
from .models import CalendarRevision

_RECENT: Final = timedelta(hours=1)


@app.task(name="workflow.follow_organisation")
def follow_organisation(before: str) -> int:
    """Let instances, work items and requests follow an organisation away from the path `before`."""
    return follow_move(before, Principal.system("组织机构"))


@app.periodic(cron="*/5 * * * *")
@app.task(name="workflow.recalculate_recent", queueing_lock="workflow.recalculate_recent")
def recalculate_recent(timestamp: int) -> int:
    """Move what began on the old revision while a calendar changed; without a change, one statement."""
    return _recalculate(timezone.now() - _RECENT)


@app.periodic(cron="41 19 * * *")
@app.task(name="workflow.recalculate_all", queueing_lock="workflow.recalculate_all")
def recalculate_all(timestamp: int) -> int:
    """Look at all open deadlines once a night, in Shanghai at 03:41: nothing stays behind."""
    return _recalculate(None)


def _recalculate(since: datetime | None) -> int:
    # On a calendar's first revision nothing can be left behind.
    revised = CalendarRevision.objects.filter(number__gt=1)
    if since is not None:
        revised = revised.filter(made_at__gte=since)
    codes = revised.order_by("calendar__code").values_list("calendar__code", flat=True).distinct()
    return sum(recalculate(code, Principal.system("日历")) for code in list(codes))

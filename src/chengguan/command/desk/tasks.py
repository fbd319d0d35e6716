"""What the worker does for the desk."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from .domain.drafts import purge_drafts


@app.periodic(cron="23 19 * * *")
@app.task(name="command.purge_drafts", queueing_lock="command.purge_drafts")
def purge_old_drafts(timestamp: int) -> int:
    """Delete drafts untouched for thirty days, in Shanghai at 03:23."""
    return purge_drafts(timezone.now())

"""Each minute: plans that start themselves by the calendar."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .domain.recurring import start_due


@app.periodic(cron="* * * * *")
@app.task(name="command.start_scheduled", queueing_lock="command.start_scheduled")
def start_scheduled(timestamp: int) -> int:
    """Make the starts that are due; two cheap statements where none is."""
    return start_due()

"""Jobs of the night."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .domain.timers import prepare_numbers


@app.periodic(cron="30 14 * * *")
@app.task(name="cases.prepare_numbers", queueing_lock="cases.prepare_numbers")
def prepare_tomorrow(timestamp: int) -> int:
    """Make tomorrow's number sequences at 22:30 in Shanghai; a missing one is made on demand."""
    return prepare_numbers()

"""What files do in the background."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .domain import uploads


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="files.sweep_uploads")
def sweep_uploads(timestamp: int) -> None:
    """Delete uploads past their time, and what killed processes left."""
    uploads.sweep()

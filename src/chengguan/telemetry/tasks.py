"""What telemetry does in the background."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from .domain.pruning import prune


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="telemetry.prune_positions")
def prune_positions(timestamp: int) -> None:
    """Forget positions after their thirty days."""
    prune(timezone.now())

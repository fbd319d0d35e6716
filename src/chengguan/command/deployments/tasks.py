"""Each minute: deployments across towns that begin, end or have lapsed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .domain.running import run_due


@app.periodic(cron="* * * * *")
@app.task(name="command.run_deployments", queueing_lock="command.run_deployments")
def run_deployments(timestamp: int) -> int:
    """Give orders, end what is over; one cheap statement where nothing is due."""
    return run_due()

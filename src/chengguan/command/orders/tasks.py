"""Each minute: whoever gave an order is told once which recipients are late."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .domain.delivering import escalate


@app.periodic(cron="* * * * *")
@app.task(name="command.escalate_orders", queueing_lock="command.escalate_orders")
def escalate_orders(timestamp: int) -> int:
    """Tell of late receipts; an index makes it one cheap statement where there are none."""
    return escalate()

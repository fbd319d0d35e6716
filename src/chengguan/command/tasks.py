"""Jobs of the rooms by the clock: procrastinate looks for them in the package's own `tasks`."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .desk.tasks import purge_old_drafts
from .dispatch.domain.automatic import sweep
from .dispatch.domain.judging import review_all
from .orders.tasks import escalate_orders

__all__ = ["escalate_orders", "purge_old_drafts", "sweep_dispatch"]


@app.periodic(cron="*/5 * * * *")
@app.task(name="command.sweep_dispatch", queueing_lock="command.sweep_dispatch")
def sweep_dispatch(timestamp: int) -> int:
    """Stop the rules that err, and dispatch what the loop may have missed."""
    return review_all() + sweep()

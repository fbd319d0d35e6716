"""Jobs of command by the clock."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .dispatch.domain.automatic import sweep
from .dispatch.domain.judging import review_all


@app.periodic(cron="*/5 * * * *")
@app.task(name="command.sweep_dispatch", queueing_lock="command.sweep_dispatch")
def sweep_dispatch(timestamp: int) -> int:
    """Stop the rules that err, and dispatch what the loop may have missed."""
    return review_all() + sweep()

"""Jobs of the rooms by the clock: procrastinate looks for them in the package's own `tasks`."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .closing.domain import automatic as closing
from .deployments.tasks import run_deployments
from .desk.tasks import purge_old_drafts
from .dispatch.domain import automatic as dispatch
from .dispatch.domain.judging import review_all
from .orders.tasks import escalate_orders
from .plans.tasks import start_scheduled

__all__ = [
    "escalate_orders",
    "purge_old_drafts",
    "run_deployments",
    "start_scheduled",
    "sweep_closing",
    "sweep_dispatch",
]


@app.periodic(cron="*/5 * * * *")
@app.task(name="command.sweep_dispatch", queueing_lock="command.sweep_dispatch")
def sweep_dispatch(timestamp: int) -> int:
    """Stop the rules that err, and dispatch what the loop may have missed."""
    return review_all(dispatch.DISPATCHING) + dispatch.sweep()


@app.periodic(cron="2-59/5 * * * *")
@app.task(name="command.sweep_closing", queueing_lock="command.sweep_closing")
def sweep_closing(timestamp: int) -> int:
    """Stop the rules of closing that err, and close what the loop may have missed."""
    return review_all(closing.CLOSING) + closing.sweep()

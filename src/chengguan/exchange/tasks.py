"""What exchange does in the background."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from .domain.receipts import prune
from .domain.signing import forget_nonces


@app.periodic(cron="29 3 * * *")
@app.task(queueing_lock="exchange.prune_receipts")
def prune_receipts(timestamp: int) -> None:
    """Forget idempotency keys after their seven days."""
    prune()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="exchange.prune_nonces")
def prune_nonces(timestamp: int) -> None:
    """Forget nonces whose time is over."""
    forget_nonces(timezone.now())

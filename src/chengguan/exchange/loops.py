"""What runs all the time in the worker process."""

from __future__ import annotations

from .domain.receive import take_in_pending
from .domain.send import deliver_due

LOOPS = [("exchange.send", deliver_due, 2.0), ("exchange.receive", take_in_pending, 1.0)]

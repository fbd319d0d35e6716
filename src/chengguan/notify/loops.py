"""What runs all the time in the worker process."""

from __future__ import annotations

from .domain.relay import step

LOOPS = [("notify.relay", step, 0.15)]

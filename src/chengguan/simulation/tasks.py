"""Comparisons live in the worker, one at a time for the whole city, in two processes of their own."""

from __future__ import annotations

import os

from procrastinate.contrib.django import app


@app.task(name="simulation.compare", lock="simulation.compare", pass_context=False)
def compare(comparison: int) -> None:
    """Live what is left of a comparison."""
    from .domain.comparing import run_comparison

    run_comparison(comparison, workers=min(2, os.cpu_count() or 1))

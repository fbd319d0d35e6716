"""What the worker does for cases all the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .domain.timers import tick
from .search.index import step

LOOPS: Final[list[tuple[str, Callable[[], int], float]]] = [
    ("cases.timers", tick, 1.0),
    ("cases.search", step, 1.0),
]

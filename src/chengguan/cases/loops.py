"""What the worker does for cases all the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .domain.timers import tick
from .search import index


def follow_calmly() -> int:
    """Take in some changed cases, then let the loop wait its second: behind a burst, not beside it.

    New entries cost more than taking the reports in did; what waits is found by `index.tail`.
    """
    took = index.step()
    return 0 if took <= index.FOLLOWED else took


LOOPS: Final[list[tuple[str, Callable[[], int], float]]] = [
    ("cases.timers", tick, 1.0),
    ("cases.search", follow_calmly, 1.0),
]

"""What the worker does for command all the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .closing.domain import automatic as closing
from .dispatch.domain import automatic as dispatch

LOOPS: Final[list[tuple[str, Callable[[], int], float]]] = [
    ("command.automatic", dispatch.tick, 1.0),
    # Nobody waits for a closing as for a dispatch.
    ("command.automatic_closing", closing.tick, 5.0),
]

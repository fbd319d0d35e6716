"""What the worker does for command all the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .dispatch.domain.automatic import tick

LOOPS: Final[list[tuple[str, Callable[[], int], float]]] = [("command.automatic", tick, 1.0)]

"""Ids: blocks of numbers (a thread- and fork-safe hi/lo allocator) and codes.

One round trip to the database reserves a block; ids are unique and rise within
a process, with gaps where a process ended before its block did.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from weakref import WeakSet

from chengguan.core.codes import (
    AreaLevel,
    ancestors,
    area_level,
    case_number,
    parse_case_number,
    parse_component_code,
    parse_grid_code,
    parse_matter_code,
    trim_area_code,
)

__all__ = [
    "AreaLevel",
    "IdBlocks",
    "ancestors",
    "area_level",
    "case_number",
    "parse_case_number",
    "parse_component_code",
    "parse_grid_code",
    "parse_matter_code",
    "trim_area_code",
]


class IdBlocks:
    """Hand out ids from blocks that `reserve` returns as `(first, stop)`, stop excluded.

    `reserve` must not give a number twice, not even after a rollback: use a
    sequence (`nextval`), not a counted row.
    """

    def __init__(self, reserve: Callable[[], tuple[int, int]]) -> None:
        self._reserve = reserve
        self._lock = Lock()
        self._next = 0
        self._stop = 0
        _living.add(self)

    def next(self) -> int:
        """Return one id."""
        with self._lock:
            if self._next >= self._stop:
                self._refill()
            value = self._next
            self._next += 1
            return value

    def take(self, n: int) -> list[int]:
        """Return `n` ids in rising order, from as many blocks as needed."""
        if n < 0:
            raise ValueError("can't take fewer than no ids")
        taken: list[int] = []
        with self._lock:
            while len(taken) < n:
                if self._next >= self._stop:
                    self._refill()
                stop = min(self._stop, self._next + n - len(taken))
                taken.extend(range(self._next, stop))
                self._next = stop
        return taken

    def forget(self) -> None:
        """Drop the rest of the block, as after a restore of the database."""
        with self._lock:
            self._next = self._stop = 0

    def _refill(self) -> None:
        first, stop = self._reserve()
        if stop <= first:
            raise ValueError(f"an empty block was reserved: {first}, {stop}")
        self._next, self._stop = first, stop

    def _after_fork(self) -> None:
        # The parent goes on with the block; its lock may be held by a thread
        # that does not exist here.
        self._lock = Lock()
        self._next = self._stop = 0


_living: WeakSet[IdBlocks] = WeakSet()


def _renew_all() -> None:
    for blocks in list(_living):
        blocks._after_fork()


os.register_at_fork(after_in_child=_renew_all)

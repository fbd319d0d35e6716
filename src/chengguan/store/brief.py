"""Answers kept for seconds: many who ask the same at once cost one statement between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from . import cache

T = TypeVar("T")
_MOST = 512


class Brief(Generic[T]):
    """Keeps what `make` gave under a key for some seconds, in this process.

    While one makes an answer the others who ask for the same wait for it. `cache.forget()` drops
    all of it, so that no test sees another's.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, T]] = {}
        self._making: dict[Hashable, Lock] = {}
        self._door = Lock()
        cache.enrol(self.forget)

    def get(self, key: Hashable, seconds: float, make: Callable[[], T]) -> T:
        """Give the answer under `key`, made anew when it is older than `seconds`."""
        found = self._fresh(key)
        if found is not None:
            return found[1]
        with self._door:
            if len(self._making) > _MOST:
                # What raised leaves a lock and nothing kept.
                self._making = {k: lock for k, lock in self._making.items() if lock.locked()}
            making = self._making.setdefault(key, Lock())
        with making:
            found = self._fresh(key)
            if found is not None:
                return found[1]
            value = make()
            self._keep(key, seconds, value)
            return value

    def forget(self) -> None:
        """Drop everything."""
        with self._door:
            self._kept.clear()
            self._making.clear()

    def _fresh(self, key: Hashable) -> tuple[float, T] | None:
        found = self._kept.get(key)
        return found if found is not None and found[0] > monotonic() else None

    def _keep(self, key: Hashable, seconds: float, value: T) -> None:
        now = monotonic()
        with self._door:
            if len(self._kept) >= _MOST:
                self._kept = {k: kept for k, kept in self._kept.items() if kept[0] > now}
                self._making = {k: lock for k, lock in self._making.items() if lock.locked()}
            if len(self._kept) >= _MOST:
                # Whoever asks for five hundred things that are kept long must not undo it for all.
                del self._kept[min(self._kept, key=lambda k: self._kept[k][0])]
            self._kept[key] = (now + seconds, value)

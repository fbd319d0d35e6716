"""Reference data kept in the process until its revision rises."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from chengguan.store import revisions

P = ParamSpec("P")
T = TypeVar("T")

_LIMIT = 10_000
_stores: list[dict[Hashable, tuple[tuple[object, ...], object]]] = []
_others: list[Callable[[], None]] = []


def enrol(drop: Callable[[], None]) -> None:
    """Have `drop` called whenever every cached copy is dropped."""
    _others.append(drop)


def forget() -> None:
    """Drop every cached copy; for tests and for tools that write behind the domain's back."""
    for store in _stores:
        store.clear()
    for drop in _others:
        drop()
    revisions.refresh()


def revised(*names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Cache a loader's results until one of the revisions `names` changes.

    The loader's arguments must be hashable, and its results must not be changed by callers.
    Inside a transaction that bumped the revision, the loader sees and caches its own writes; a
    rollback is noticed because the revision falls back as well.
    """

    def decorate(load: Callable[P, T]) -> Callable[P, T]:
        kept: dict[Hashable, tuple[tuple[object, ...], T]] = {}
        _stores.append(cast("dict[Hashable, tuple[tuple[object, ...], object]]", kept))

        @wraps(load)
        def cached(*args: P.args, **kwargs: P.kwargs) -> T:
            key = cast("Hashable", (args, tuple(sorted(kwargs.items()))) if kwargs else args)
            stamp = revisions.stamp(names)
            found = kept.get(key)
            if found is not None and found[0] == stamp:
                return found[1]
            value = load(*args, **kwargs)
            if len(kept) >= _LIMIT:
                kept.clear()
            kept[key] = (stamp, value)
            return value

        return cached

    return decorate

"""Whether a refusal was recorded already while something ran: the edge need not say it again.

Only what is committed counts: an entry written in a transaction that rolls back is gone, and the
edge has to write its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import transaction


@dataclass(slots=True)
class Watch:
    """What was recorded since the watch began, in this request or task alone."""

    refused: bool = False


_current: ContextVar[Watch | None] = ContextVar("audit_watch", default=None)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch what is recorded within."""
    watch = Watch()
    token = _current.set(watch)
    try:
        yield watch
    finally:
        _current.reset(token)


def note_refused() -> None:
    """Tell the watch, if one is kept, that a refusal is recorded, once that is committed."""
    watch = _current.get()
    if watch is None:
        return

    def seen() -> None:
        watch.refused = True

    transaction.on_commit(seen)

"""Ids of hot rows: one sequence for all tables, reserved in blocks, so no insert waits for an id.

Ids are unique over all tables of a database, rise within a thread, and stay below 2^53.

Each thread has its own blocks. Were they shared, a writer that waits in the database for a row
could hold the lock while it reserves the next block behind that wait, and the row's owner could
wait for the lock: a deadlock that PostgreSQL can't see.
"""

from __future__ import annotations

from threading import local

from django.db import connection

from chengguan.core.ids import IdBlocks
from chengguan.store.database import database_name

_BLOCK = 1000
_own = local()


def next_id() -> int:
    """Give one id; every thousandth call asks the database."""
    return _blocks().next()


def take_ids(count: int) -> list[int]:
    """Give `count` ids, rising."""
    return _blocks().take(count)


def renew() -> None:
    """Begin a new block in this thread, so that the next thousand ids ask nothing."""
    blocks = _blocks()
    blocks.forget()
    blocks.next()


def _blocks() -> IdBlocks:
    # A test run changes the database under a living process: a block belongs to one database.
    name = database_name()
    allocators: dict[str, IdBlocks] | None = getattr(_own, "allocators", None)
    if allocators is None:
        allocators = _own.allocators = {}
    found = allocators.get(name)
    if found is None:
        found = allocators[name] = IdBlocks(_reserve)
    return found


def _reserve() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('store_ids')")
        first = int(cursor.fetchone()[0])
    return first, first + _BLOCK

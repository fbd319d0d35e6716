"""Ids of hot rows: one sequence for all tables, reserved in blocks, so no insert waits for an id.

Ids are unique over all tables of a database, rise within a process, and stay below 2^53.
"""

from __future__ import annotations

from threading import Lock

from django.db import connection

from chengguan.core.ids import IdBlocks

_BLOCK = 1000
_allocators: dict[str, IdBlocks] = {}
_lock = Lock()


def next_id() -> int:
    """Give one id; every thousandth call asks the database."""
    return _blocks().next()


def take_ids(count: int) -> list[int]:
    """Give `count` ids, rising."""
    return _blocks().take(count)


def _blocks() -> IdBlocks:
    # A test run changes the database under a living process: a block belongs to one database.
    name = str(connection.settings_dict["NAME"])
    found = _allocators.get(name)
    if found is None:
        with _lock:
            found = _allocators.setdefault(name, IdBlocks(_reserve))
    return found


def _reserve() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('store_ids')")
        first = int(cursor.fetchone()[0])
    return first, first + _BLOCK

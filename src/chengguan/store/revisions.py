"""When reference data changes, its revision rises, and every process drops its cached copy.

A process asks for all revisions at most once a second, in one statement.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic

from django.db import connection, transaction

_FRESH_SECONDS = 1.0

_known: dict[str, int] = {}
_read_at = float("-inf")
_read_from = ""
_lock = Lock()


def bump(*names: str) -> None:
    """Raise the revision of each name in the caller's transaction; our own cache sees it at once."""
    with connection.cursor() as cursor:
        for name in sorted(set(names)):
            cursor.execute(
                "INSERT INTO store_revision (name, number) VALUES (%s, 1) "
                "ON CONFLICT (name) DO UPDATE SET number = store_revision.number + 1",
                [name],
            )
    refresh()
    transaction.on_commit(refresh)


def current(name: str) -> int:
    """Give the revision of `name`, not more than a second old; 0 when it never changed."""
    database = str(connection.settings_dict["NAME"])
    if monotonic() - _read_at > _FRESH_SECONDS or database != _read_from:
        _read(database)
    return _known.get(name, 0)


def refresh() -> None:
    """Forget what is known, so that the next question goes to the database."""
    global _read_at
    _read_at = float("-inf")


def _read(database: str) -> None:
    global _read_at, _read_from, _known
    with _lock:
        if monotonic() - _read_at <= _FRESH_SECONDS and database == _read_from:
            return
        asked_at = monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, number FROM store_revision")
            _known = {str(name): int(number) for name, number in cursor.fetchall()}
        _read_from = database
        _read_at = asked_at

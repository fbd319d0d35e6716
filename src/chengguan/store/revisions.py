"""When reference data changes, its revision rises, and every process drops its cached copy.

A process asks for all revisions at most once a second, in one statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from django.db import connection, transaction

from chengguan.store.database import database_name

_FRESH_SECONDS = 1.0


@dataclass(slots=True)
class _Known:
    """What this process last read, from which database, and when (monotonic seconds)."""

    numbers: dict[str, int] = field(default_factory=dict)
    database: str = ""
    read_at: float = float("-inf")
    stamps: dict[tuple[str, ...], tuple[object, ...]] = field(default_factory=dict)

    def is_fresh(self, database: str) -> bool:
        return monotonic() - self.read_at <= _FRESH_SECONDS and database == self.database


_known = _Known()
_lock = Lock()


def bump(*names: str) -> None:
    """Raise the revision of each name in the caller's transaction; our own cache sees it at once."""
    with connection.cursor() as cursor:
        for name in sorted(set(names)):
            cursor.execute(
                "INSERT INTO store_revision (name, number) "
                "VALUES (%s, nextval('store_revisions')) "
                "ON CONFLICT (name) DO UPDATE SET number = excluded.number",
                [name],
            )
    refresh()
    transaction.on_commit(refresh)


def current(name: str) -> int:
    """Give the revision of `name`, not more than a second old; 0 when it never changed."""
    database = database_name()
    if not _known.is_fresh(database):
        _read(database)
    return _known.numbers.get(name, 0)


def stamp(names: tuple[str, ...]) -> tuple[object, ...]:
    """Give the database and the revisions of `names` as one value that changes when any does."""
    database = database_name()
    if not _known.is_fresh(database):
        _read(database)
    # Taken before the numbers, which are replaced first: no stamp of old ones can outlive them.
    stamps = _known.stamps
    found = stamps.get(names)
    if found is None:
        numbers = _known.numbers
        found = stamps[names] = (database, *(numbers.get(name, 0) for name in names))
    return found


def refresh() -> None:
    """Forget what is known, so that the next question goes to the database."""
    _known.read_at = float("-inf")


def _read(database: str) -> None:
    with _lock:
        if _known.is_fresh(database):
            return
        asked_at = monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, number FROM store_revision")
            numbers = {str(name): int(number) for name, number in cursor.fetchall()}
        _known.numbers, _known.database, _known.read_at = numbers, database, asked_at
        _known.stamps = {}

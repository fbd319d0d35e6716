"""Case numbers (案件编码): 6 area + 8 local date + 5 sequence, 19 digits.

One PostgreSQL SEQUENCE for each area and day: `nextval` never waits for another writer's
transaction, as a counted row would. A number taken by a transaction that fails stays unused.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Lock

import psycopg
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from chengguan.core.codes import CASES_PER_DAY, case_number
from chengguan.store.database import database_name

from ..errors import NumbersExhausted

_PREFIX = "cases_number_"
_KEEP_DAYS = 400
_made: set[tuple[str, str]] = set()
_lock = Lock()


def take_number(area6: str, at: datetime) -> str:
    """Give the next number of the area on the local day of `at`.

    Raises:
        NumbersExhausted: the area has had its 99,999 numbers of that day.
    """
    return take_numbers([(area6, at)])[0]


def take_numbers(wanted: Sequence[tuple[str, datetime]]) -> list[str]:
    """Give a number for each (area6, at), rising in the order asked; one statement in all."""
    days = {at: local_day(at) for at in {at for _, at in wanted}}
    keys = [(area6, days[at]) for area6, at in wanted]
    counts = Counter(keys)
    _ensure(list(counts))
    numbers = {key: _numbers(*key, drawn) for key, drawn in _draw(counts).items()}
    return [next(numbers[key]) for key in keys]


def local_day(at: datetime) -> date:
    """Give the city's date at `at`."""
    return at.astimezone(timezone.get_default_timezone()).date()


def ensure_sequence(area6: str, day: date) -> None:
    """Make the day's sequence if this process does not know it to exist.

    On a connection of its own that commits at once: inside the caller's transaction the new
    sequence would be locked, and invisible to others, until that transaction ends.
    """
    _ensure([(area6, day)])


def prepare(areas: Sequence[str], day: date) -> int:
    """Make the sequences of `areas` for `day` ahead of time; gives how many there are."""
    _ensure([(area6, day) for area6 in areas])
    return len(areas)


def drop_old(today: date) -> int:
    """Drop sequences of days more than 400 days back: no report is taken in for them any more."""
    limit = f"{today - timedelta(days=_KEEP_DAYS):%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE %s "
            "AND right(relname, 8) < %s",
            [_PREFIX.replace("_", r"\_") + "%", limit],
        )
        names = [str(name) for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f'DROP SEQUENCE IF EXISTS "{name}"')
    with _lock:
        _made.difference_update({key for key in _made if key[1] in names})
    return len(names)


def sequence_name(area6: str, day: date) -> str:
    """Name the sequence of an area's day; the area is six digits, so the name is safe SQL."""
    return f"{_PREFIX}{case_number(area6, day, 1)[:14]}"


def _ensure(wanted: Sequence[tuple[str, date]]) -> None:
    database = database_name()
    names = {sequence_name(area6, day) for area6, day in wanted}
    unknown = sorted(name for name in names if (database, name) not in _made)
    if not unknown:
        return
    with _lock, _own_connection() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NULL", [unknown]
        )
        for (name,) in cursor.fetchall():
            _create(cursor, name)
        _made.update((database, name) for name in unknown)


def _numbers(area6: str, day: date, drawn: Sequence[int]) -> Iterator[str]:
    """Give the case numbers of sequence numbers, rising."""
    ordered = sorted(drawn)
    _checked(area6, day, ordered[-1])
    prefix = case_number(area6, day, 1)[:14]
    return (f"{prefix}{number:05d}" for number in ordered)


def _draw(counts: Counter[tuple[str, date]]) -> dict[tuple[str, date], list[int]]:
    parts: list[str] = []
    for index, ((area6, day), count) in enumerate(counts.items()):
        name = sequence_name(area6, day)
        parts.append(f"SELECT {index}, nextval('{name}') FROM generate_series(1, {count})")  # noqa: S608
    keys = list(counts)
    drawn: dict[tuple[str, date], list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        for index, number in cursor.fetchall():
            drawn[keys[index]].append(int(number))
    return drawn


def _checked(area6: str, day: date, number: int) -> int:
    if number > CASES_PER_DAY:
        raise NumbersExhausted(area6, day)
    return number


@contextmanager
def _own_connection() -> Iterator[CursorWrapper]:
    # A copy of Django's own, so that host, sockets and passwords are the same.
    copy = connection.copy()
    try:
        copy.set_autocommit(True)
        with copy.cursor() as cursor:
            yield cursor
    finally:
        copy.close()


def _create(cursor: CursorWrapper, name: str) -> None:
    # No MAXVALUE: an error of `nextval` would break the caller's whole transaction.
    try:
        cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "{name}"')
    except DatabaseError as error:
        # IF NOT EXISTS still loses the race between two creators; the winner's is as good.
        cause = error.__cause__
        if not isinstance(cause, psycopg.errors.UniqueViolation | psycopg.errors.DuplicateTable):
            raise

"""Statements that the server parses and plans once, their values sent as text beside them.

Django formats values into the text on the client, and the server then parses and plans it anew
each time. Here every value is of unknown type, so that it takes the type of its column, and one
shape of statement is one prepared statement whatever its values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from psycopg import RawCursor
from psycopg.types.json import Jsonb


class PreparedCursor(RawCursor[Any]):
    """Takes `%s` as Django's cursors do; each value must stand where its type is known."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        values = [as_text(value) for value in params or ()]
        return super().execute(_numbered(query), values, prepare=True, **options)

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # psycopg forgets the text of what it has prepared; Django's log of statements shows it.
        self._query = super()._convert_query(query, params)
        return self._query


def fetch_one(query: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """Run a statement, prepared, on Django's connection and give its only row.

    Raises:
        django.db.Error: what the statement broke.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = PreparedCursor(connection.connection)
    with connection._prepare_cursor(raw) as cursor:  # type: ignore[attr-defined]
        cursor.execute(query, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def as_text(value: Any) -> Any:
    """Give a value as PostgreSQL reads it; kinds that are not listed go as psycopg sends them."""
    if value is None or type(value) is str:
        return value
    found = _TEXTS.get(type(value))
    if found is not None:
        return found(value)
    return str(value) if isinstance(value, str) else value


@lru_cache(maxsize=2048)
def _numbered(query: str) -> str:
    parts = query.split("%s")
    numbered = [f"{part}${number}" for number, part in enumerate(parts[:-1], 1)]
    return "".join([*numbered, parts[-1]]).replace("%%", "%")


def _json(value: Jsonb) -> str:
    dumps = value.dumps or json.dumps
    found = dumps(value.obj)
    return found if isinstance(found, str) else found.decode()


def _array(values: Sequence[Any]) -> str:
    return "{" + ",".join(_element(value) for value in values) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return _array(value)
    text = str(as_text(value))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_TEXTS: Final[dict[type, Callable[[Any], str]]] = {
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    datetime: datetime.isoformat,
    date: date.isoformat,
    Jsonb: _json,
    list: _array,
    tuple: _array,
}

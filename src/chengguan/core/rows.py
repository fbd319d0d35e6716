"""Writing many rows quickly: one INSERT for a few, COPY for many.

Works on any psycopg 3 cursor, Django's included; the caller owns connection
and transaction. Values are what psycopg adapts (wrap JSON in `Jsonb`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Final, Protocol

from chengguan.core.copytext import copy_text

INSERT_ROWS: Final = 200
STAGE_ROWS: Final = 5_000
#: As many rows are made into text at once; some megabytes.
COPY_ROWS: Final = 5_000
# The wire protocol numbers parameters with 16 bits.
MAX_PARAMETERS: Final = 60_000


class Copy(Protocol):
    """What `cursor.copy()` yields."""

    def write(self, buffer: bytes, /) -> None: ...

    def write_row(self, row: Sequence[Any], /) -> None: ...

    def set_types(self, types: Sequence[str], /) -> None: ...


class Cursor(Protocol):
    """The part of a psycopg cursor that is used here."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def copy(self, statement: Any, /) -> AbstractContextManager[Any]: ...


def insert_rows(
    cursor: Cursor,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    returning: Sequence[str] | None = None,
    conflict: str | None = None,
    *,
    types: Sequence[str] | None = None,
) -> list[tuple[Any, ...]]:
    """Insert `rows` and return the `returning` columns, else an empty list.

    Up to 200 rows are one statement; more are one COPY, binary when `types`
    names every column's PostgreSQL type. COPY neither returns nor resolves
    conflicts, so with `returning` or `conflict` rows go in batches of INSERT,
    and above 5,000 through a temporary table (then in no promised order).
    `conflict` is the SQL after ON CONFLICT, such as "(code) DO NOTHING".
    """
    data = rows if isinstance(rows, list | tuple) else list(rows)
    if not data:
        return []
    tail = f" ON CONFLICT {conflict}" if conflict else ""
    if returning:
        tail += " RETURNING " + _names(returning)
    if len(data) <= INSERT_ROWS:
        return _insert(cursor, table, columns, data, tail, bool(returning))
    if not tail:
        _copy(cursor, table, columns, data, types)
        return []
    if len(data) > STAGE_ROWS:
        return _through_stage(cursor, table, columns, data, tail, types, bool(returning))
    size = max(1, min(1_000, MAX_PARAMETERS // len(columns)))
    result: list[tuple[Any, ...]] = []
    for first in range(0, len(data), size):
        batch = data[first : first + size]
        result += _insert(cursor, table, columns, batch, tail, bool(returning))
    return result


def _insert(
    cursor: Cursor,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    tail: str,
    returns: bool,
) -> list[tuple[Any, ...]]:
    width = len(columns)
    values: list[Any] = []
    for row in rows:
        if len(row) != width:
            raise ValueError(f"a row of {len(row)} values for {width} columns")
        values += row
    head, one = _insert_parts(table, tuple(columns))
    cursor.execute(head + ", ".join([one] * len(rows)) + tail.replace("%", "%%"), values)
    return cursor.fetchall() if returns else []


@lru_cache(maxsize=512)
def _insert_parts(table: str, columns: tuple[str, ...]) -> tuple[str, str]:
    # Names are quoted, values are parameters: S608 sees only the f-string.
    head = f"INSERT INTO {_quoted(table)} ({_names(columns)}) VALUES ".replace("%", "%%")  # noqa: S608
    return head, "(" + ", ".join(["%s"] * len(columns)) + ")"


def copy_columns(
    cursor: Cursor,
    table: str,
    columns: Mapping[str, Sequence[Any]],
    size: int = COPY_ROWS,
) -> None:
    """COPY rows given as equally long columns, `size` of them at a time.

    Raises:
        ValueError: the columns are not equally long.
    """
    if not columns:
        return
    values = list(columns.values())
    with cursor.copy(f"COPY {_quoted(table)} ({_names(list(columns))}) FROM STDIN") as copy:
        for first in range(0, len(values[0]), size):
            part = (
                values if size >= len(values[0]) else [one[first : first + size] for one in values]
            )
            text = copy_text(part)
            if text is not None:
                copy.write(text)
                continue
            for row in zip(*part, strict=True):
                copy.write_row(row)


def _copy(
    cursor: Cursor,
    target: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    types: Sequence[str] | None,
) -> None:
    if not types:
        whole = dict(zip(columns, zip(*rows, strict=True), strict=True))
        copy_columns(cursor, target, whole)
        return
    with cursor.copy(
        f"COPY {_quoted(target)} ({_names(columns)}) FROM STDIN (FORMAT BINARY)"
    ) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _through_stage(
    cursor: Cursor,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    tail: str,
    types: Sequence[str] | None,
    returns: bool,
) -> list[tuple[Any, ...]]:
    name = "pg_temp.stage_" + table.replace(".", "_")
    stage = _quoted(name)
    names = _names(columns)
    source = _quoted(table)
    cursor.execute(f"DROP TABLE IF EXISTS {stage}")
    picked = f"SELECT {names} FROM"
    cursor.execute(f"CREATE TABLE {stage} AS {picked} {source} WITH NO DATA")
    _copy(cursor, name, columns, rows, types)
    cursor.execute(f"INSERT INTO {source} ({names}) {picked} {stage}{tail}")
    result = cursor.fetchall() if returns else []
    cursor.execute(f"DROP TABLE {stage}")
    return result


def _names(columns: Sequence[str]) -> str:
    return ", ".join(_quoted(column) for column in columns)


def _quoted(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))

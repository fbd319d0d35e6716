"""What COPY takes column by column is what psycopg would have sent row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, connection
from psycopg.types.json import Jsonb

from chengguan.cases.enums import Source
from chengguan.core.copytext import array_text, copy_text
from chengguan.core.rows import copy_columns

NOON = datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))
KINDS: dict[str, list[Any]] = {
    "text": [
        "",
        "\\N",
        "\\",
        "tab\tand\r\nlines",
        '"{,}',
        "井盖",
        "\\.",
        "\x01",
        None,
        Source.PUBLIC,
    ],
    "text ": ["the same"] * 10,
    "text  ": [Source.PUBLIC] * 10,
    "bigint": [0, -1, 2**53, None, 7, 7, 7, 7, 7, 7],
    "bigint ": [5] * 10,
    "timestamptz": [
        NOON,
        NOON.astimezone(SHANGHAI),
        None,
        *[NOON - timedelta(n) for n in range(7)],
    ],
    "timestamptz ": [NOON] * 10,
    "date": [date(1, 1, 1), None, *[date(2026, 1, day) for day in range(1, 9)]],
    "boolean": [True, False, None, True, True, False, True, True, True, True],
    "double precision": [0.1, -0.0, 0.0, 1e300, None, float("inf"), 5.0, 5.0, 5.0, 1 / 3],
    "numeric": [Decimal("1.0"), Decimal("1.00"), None, *[Decimal(n) for n in range(7)]],
    "uuid": [UUID(int=n) for n in range(10)],
    "bytea": [b"", b"\x00\xff\\", None, *[b"same"] * 7],
    "bigint[]": [[], [1], [1, 2], None, *[[]] * 6],
    "jsonb": ['{"a": "\\\\n\\u000a"}', "[]", None, *['"\\t"'] * 7],
    "null text": [None] * 10,
}


def stored(rows: Any) -> list[tuple[Any, ...]]:
    columns = ", ".join(f"c{n} {kind.split('null ')[-1]}" for n, kind in enumerate(KINDS))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE probe (n serial, {columns}) ON COMMIT DROP")
        rows(cursor)
        read = ", ".join(f"c{n}::text" for n in range(len(KINDS)))
        cursor.execute(f"SELECT {read} FROM probe ORDER BY n")
        found: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute("DROP TABLE probe")
    return found


@pytest.mark.django_db
def test_every_kind_is_stored_as_psycopg_stores_it() -> None:
    columns = {f"c{n}": values for n, values in enumerate(KINDS.values())}

    def by_row(cursor: Any) -> None:
        with cursor.copy(f"COPY probe ({', '.join(columns)}) FROM STDIN") as copy:
            for row in zip(*columns.values(), strict=True):
                # psycopg would send the name of an enumeration's member, Django its value.
                copy.write_row([str(one) if isinstance(one, Source) else one for one in row])

    assert copy_text(list(columns.values())) is not None
    assert stored(lambda cursor: copy_columns(cursor, "probe", columns)) == stored(by_row)
    assert stored(lambda cursor: copy_columns(cursor, "probe", columns, size=3)) == stored(by_row)


@pytest.mark.django_db
def test_what_is_not_known_here_is_left_to_psycopg() -> None:
    columns: dict[str, list[Any]] = {
        "c0": ["a", "b"],
        "c14": [Jsonb({"a": 1}), Jsonb([])],
        "c3": [1, 2],
    }
    assert copy_text(list(columns.values())) is None
    rows = stored(lambda cursor: copy_columns(cursor, "probe", columns))
    assert [(row[0], row[3], row[14]) for row in rows] == [("a", "1", '{"a": 1}'), ("b", "2", "[]")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "texts", [["a\x00b", "c"], ["\x00", "\x00"], ["a\x00b"] * 2, ["a", None, "\x00"]]
)
def test_a_nul_is_refused(texts: list[str | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE nul_probe (a text)")
        with pytest.raises((DataError, psycopg.DataError), match="NUL"):
            copy_columns(cursor, "nul_probe", {"a": texts})
        cursor.execute("DROP TABLE nul_probe")


def test_no_rows_and_a_row_of_nothing() -> None:
    assert copy_text([]) == b""
    assert copy_text([[]]) == b""
    assert copy_text([[""]]) == b"\n"
    assert copy_text([["a", "b"], [1, None]]) == b"a\t1\nb\t\\N\n"


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        copy_text([["a", "b"], [1]])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [one for one in KINDS if "[]" not in one and "null" not in one])
def test_an_array_is_read_as_it_was(kind: str) -> None:
    values = [str(one) if isinstance(one, Source) else one for one in KINDS[kind]]
    text = array_text(KINDS[kind])
    if text is None:
        assert kind in ("double precision", "numeric", "bytea")
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[] IS NOT DISTINCT FROM %s::{kind}[]", [text, values])
        assert cursor.fetchone() == (True,)


def test_an_array_of_nothing_and_of_nulls() -> None:
    assert array_text([]) == "{}"
    assert array_text([None, None]) == "{NULL,NULL}"
    assert array_text(["NULL", "", None]) == '{"NULL","",NULL}'
    assert array_text(["a\x00b", "c"]) is None
    assert array_text([[1], [2]]) is None

"""Rows go in the same by INSERT, by COPY and through the stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.types.json import Jsonb

from chengguan.core.rows import INSERT_ROWS, STAGE_ROWS, insert_rows

pytestmark = pytest.mark.django_db

COLUMNS = ("id", "code", 'odd "name" 100%')
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["django", "psycopg"])
def cursor(request: pytest.FixtureRequest) -> Iterator[Any]:
    with connection.cursor() as made:
        made.execute(
            "CREATE TEMP TABLE rows_probe (id bigint PRIMARY KEY, code text NOT NULL,"
            ' "odd ""name"" 100%" text, at timestamptz, amount numeric, data jsonb)'
        )
        if request.param == "django":
            yield made
        else:
            with psycopg.Cursor(connection.connection) as plain:
                yield plain


def stored(cursor: Any) -> list[tuple[Any, ...]]:
    cursor.execute("SELECT * FROM rows_probe ORDER BY id")
    return [tuple(row) for row in cursor.fetchall()]


def make(count: int, first: int = 1) -> list[tuple[int, str, str | None]]:
    odd = ["50% off", None, "tab\tline\nback\\slash", "\\N"]
    return [(i, f"井盖{i}", odd[i % 4]) for i in range(first, first + count)]


@pytest.mark.parametrize("count", [0, 1, INSERT_ROWS, INSERT_ROWS + 1, STAGE_ROWS + 1])
def test_any_number_of_rows(cursor: Any, count: int) -> None:
    rows = make(count)
    assert insert_rows(cursor, "rows_probe", COLUMNS, iter(rows)) == []
    assert [row[:3] for row in stored(cursor)] == rows


@pytest.mark.parametrize("count", [1, INSERT_ROWS, INSERT_ROWS + 1, STAGE_ROWS + 1])
def test_returning_gives_every_row(cursor: Any, count: int) -> None:
    rows = make(count)
    given = insert_rows(cursor, "rows_probe", COLUMNS, rows, returning=["id", "code"])
    assert sorted(tuple(row) for row in given) == [row[:2] for row in rows]
    if count <= STAGE_ROWS:
        assert [row[0] for row in given] == [row[0] for row in rows]


@pytest.mark.parametrize("count", [2, INSERT_ROWS + 1, STAGE_ROWS + 1])
def test_conflicts_are_resolved_as_said(cursor: Any, count: int) -> None:
    insert_rows(cursor, "rows_probe", COLUMNS, [(1, "old", None)])
    rows = make(count)
    kept = insert_rows(
        cursor, "rows_probe", COLUMNS, rows, returning=["id"], conflict="(id) DO NOTHING"
    )
    assert len(kept) == count - 1
    assert stored(cursor)[0][1] == "old"
    update = "(id) DO UPDATE SET code = EXCLUDED.code || '%'"
    insert_rows(cursor, "rows_probe", COLUMNS, rows, conflict=update)
    assert [row[1] for row in stored(cursor)] == [f"{row[1]}%" for row in rows]
    # A second time in the same session: the stage of the first is gone.
    insert_rows(cursor, "rows_probe", COLUMNS, make(count, 100_000), conflict="DO NOTHING")
    assert len(stored(cursor)) == 2 * count


@pytest.mark.parametrize("count", [1, INSERT_ROWS + 1])
def test_values_keep_their_types(cursor: Any, count: int) -> None:
    data = {"状态": ["a", 1, None], "quote": '"\\'}
    rows = [(i, "x", NOW, Decimal("12.50"), Jsonb(data)) for i in range(count)]
    insert_rows(cursor, "rows_probe", ("id", "code", "at", "amount", "data"), rows)
    cursor.execute("SELECT at, amount, data->'状态'->>1, data->>'quote' FROM rows_probe LIMIT 1")
    assert tuple(cursor.fetchone()) == (NOW, Decimal("12.50"), "1", '"\\')


def test_binary_copy_says_its_types(cursor: Any) -> None:
    rows = make(INSERT_ROWS + 1)
    insert_rows(cursor, "rows_probe", COLUMNS, rows, types=("int8", "text", "text"))
    assert [row[:3] for row in stored(cursor)] == rows


def test_a_row_of_another_width_is_refused(cursor: Any) -> None:
    with pytest.raises(ValueError, match="2 values for 3 columns"):
        insert_rows(cursor, "rows_probe", COLUMNS, [(1, "a")])

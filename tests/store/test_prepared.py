"""Statements sent straight through libpq: values, faults and lost connections as with a cursor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chengguan.store import prepared
from chengguan.store.prepared import fetch_all, fetch_one

pytestmark = pytest.mark.django_db(transaction=True)

_ECHO = "SELECT %s::text, %s::bigint, %s::boolean, %s::timestamptz, %s::text[], %s::float8"
_AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
_VALUES = ["城管 \\ ' \" %", 7, True, _AT, ["a,b", None, '"'], 0.1]


def test_values_come_back_as_they_went() -> None:
    assert fetch_one(_ECHO, _VALUES) == tuple(_VALUES)


def test_a_cursor_and_libpq_give_the_same() -> None:
    direct = fetch_one(_ECHO, _VALUES)
    with transaction.atomic():
        inside = fetch_one(_ECHO, _VALUES)
    with CaptureQueriesContext(connection) as captured:
        counted = fetch_one(_ECHO, _VALUES)
    assert direct == inside == counted
    assert len(captured) == 1


def test_nulls_and_several_rows() -> None:
    sql = "SELECT g, %s::text FROM generate_series(1, %s::int) g ORDER BY g"
    assert fetch_all(sql, [None, 3]) == [(1, None), (2, None), (3, None)]
    assert fetch_all(sql, [None, 0]) == []


def test_a_broken_constraint_is_djangos_error_and_the_connection_goes_on() -> None:
    insert = "INSERT INTO store_probe (id) VALUES (%s) RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE store_probe (id bigint PRIMARY KEY)")
    try:
        assert fetch_one(insert, [1]) == (1,)
        with pytest.raises(IntegrityError, match="store_probe_pkey"):
            fetch_one(insert, [1])
        assert fetch_one(insert, [2]) == (2,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE store_probe")


def test_a_nul_is_refused_before_it_is_sent() -> None:
    with pytest.raises(DataError, match="NUL"):
        fetch_one("SELECT %s::text", ["a\x00b"])


def test_a_lost_connection_is_an_operational_error_and_the_next_request_has_a_new_one() -> None:
    (pid,) = fetch_one("SELECT pg_backend_pid()", [])
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    with pytest.raises(OperationalError):
        fetch_one("SELECT pg_backend_pid()", [])
    connection.close_if_unusable_or_obsolete()
    (after,) = fetch_one("SELECT pg_backend_pid()", [])
    assert after != pid


def test_what_a_drop_forgot_is_prepared_again() -> None:
    assert fetch_one("SELECT %s::int", [1]) == (1,)
    with transaction.atomic():
        # By a cursor this time, so that psycopg has something to forget.
        assert fetch_one("SELECT %s::text", ["a"]) == ("a",)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE store_probe (id bigint)")
        cursor.execute("DROP TABLE store_probe")
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'chengguan%%'"
    with connection.cursor() as cursor:
        # The forgetting goes out with the next statement.
        cursor.execute(kept.replace("%%", "%"))
        assert cursor.fetchone() == (0,)
    assert fetch_one("SELECT %s::int", [2]) == (2,)
    assert fetch_one(kept, []) == (2,)


def test_what_was_not_used_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setattr(prepared, "_MOST", 3)
    for number in range(6):
        assert fetch_one(f"SELECT {number}, %s::int", [1]) == (number, 1)
    assert fetch_one("SELECT 0, %s::int", [2]) == (0, 2)
    kept = fetch_one(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'chengguan%%'", []
    )
    assert kept == (3,)

"""After a great import nothing is analysed yet: a case must still be found by its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from chengguan.cases.domain import intake
from chengguan.cases.domain.intake import take_in_many
from chengguan.cases.whole import belongings_of
from chengguan.store.prepared import as_text

from ..town import SYSTEM, Town, new_report

LARGE = ("cases_report", "cases_case", "workflow_event", "workflow_workitem", "audit_entry")


@pytest.fixture
def crowded(town: Town) -> Town:
    """A town with thousands of cases that came in one transaction, which no ANALYZE has seen."""
    news = [new_report() for _ in range(6_000)]
    assert all(not hasattr(one, "error") for one in take_in_many(news, SYSTEM))
    # As a vacuum in the middle of a COPY leaves it: full pages, few rows in them seen.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET relpages = pg_relation_size(oid) / 8192, "
            "reltuples = pg_relation_size(oid) / 8192 * 40 WHERE relname = ANY(%s)",
            [list(LARGE)],
        )
    return town


def test_a_case_is_told_by_indexes(crowded: Town) -> None:
    case = crowded.report()
    who = crowded.who("acceptor")
    with statements() as sent:
        belongings_of(case, who)
    assert scanned(sent) == []


def test_closing_tells_its_reporters_by_indexes(crowded: Town) -> None:
    case = crowded.report()
    way = ("file", "dispatch", "assign", "submit_handling", "confirm_handled", "forward")
    crowded.walk(case, *way)
    with statements() as sent:
        crowded.walk(case, "close")
    assert scanned(sent) == []


@contextmanager
def statements() -> Iterator[list[str]]:
    """Gather the statements sent within, their values in place."""
    sent: list[str] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        texts = [as_text(value) for value in values or ()]
        sent.append(psycopg.ClientCursor(connection.connection).mogrify(sql, texts))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield sent


def scanned(sent: list[str]) -> list[str]:
    """Name what a statement reads too much of: a table from end to end, an index for nothing."""
    found = []
    for sql in sent:
        if not sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE")):
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + sql.replace("%", "%%"), [])
            plan = [line for (line,) in cursor.fetchall()]
        found += [table for line in plan for table in LARGE if f"Seq Scan on {table}" in line]
        found += [line for line in plan if "BitmapAnd" in line]
    assert sent
    return found


def test_a_batch_looks_for_its_keys_by_index(crowded: Town) -> None:
    news = [new_report() for _ in range(2_000)]
    with statements() as sent:
        intake._known(news)
    assert scanned(sent) == []

"""Entries: written by value, in the caller's transaction, never changed afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import NewEntry, record, record_many
from chengguan.audit.enums import Result
from chengguan.audit.models import Entry, Link, Pending
from chengguan.store.ids import take_ids
from chengguan.store.pipeline import pipelined

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)
ALICE = Actor(7, "爱丽丝", "acceptor", 3, "10.0.0.9", "req-1")


def test_an_entry_keeps_everything_by_value() -> None:
    number = record(
        "cases.file",
        actor=ALICE,
        subject_type="case",
        subject_id=42,
        result=Result.REFUSED,
        detail={"理由": "缺照片"},
        at=AT,
    )
    entry = Entry.objects.get()
    assert (entry.id, entry.at, entry.actor_id, entry.actor) == (number, AT, 7, "爱丽丝")
    assert (entry.post, entry.ip, entry.request_id) == ("acceptor", "10.0.0.9", "req-1")
    assert (entry.action, entry.subject_type, entry.subject_id) == ("cases.file", "case", "42")
    assert (entry.result, entry.detail) == ("refused", {"理由": "缺照片"})


def test_words_from_outside_are_cut_to_the_column() -> None:
    record(
        "accounts.sign_in", actor=Actor(None, "x" * 500, request_id="r" * 64), subject_id="y" * 500
    )
    entry = Entry.objects.get()
    assert (len(entry.actor), len(entry.request_id), len(entry.subject_id)) == (80, 40, 64)


def test_one_entry_is_one_statement_and_so_are_two_hundred() -> None:
    take_ids(1)
    with CaptureQueriesContext(connection) as asked:
        record("a", actor=ALICE)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        record_many([NewEntry(action="a", actor=ALICE) for _ in range(200)])
    assert len(asked) == 1


def test_it_fits_a_pipeline_and_rolls_back_with_it() -> None:
    def record_and_break() -> None:
        with pipelined(), connection.cursor() as cursor:
            record("a", actor=ALICE)
            cursor.execute("INSERT INTO audit_link (position, entry_id) VALUES (1, 1)")

    with pytest.raises(IntegrityError):
        record_and_break()
    assert Entry.objects.count() == 0


@pytest.mark.parametrize("count", [1, 201])
def test_every_entry_waits_for_its_link(count: int) -> None:
    record_many([NewEntry(action="a", actor=ALICE) for _ in range(count)])
    entries = list(Entry.objects.order_by("id").values_list("id", flat=True))
    assert list(Pending.objects.order_by("id").values_list("entry_id", flat=True)) == entries
    assert len(entries) == count


@pytest.mark.parametrize("table", ["audit_entry", "audit_link"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_the_log(table: str, act: str) -> None:
    record("a", actor=ALICE)
    Link.objects.create(position=1, entry_id=1, digest=bytes(32))
    column = "action = 'b'" if table == "audit_entry" else "digest = ''"
    before = (Entry.objects.count(), Link.objects.count())
    with connection.cursor() as cursor:
        # Off in the test database, or no test could clean up after itself.
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_whole")
    with (
        pytest.raises(IntegrityError, match="不可修改"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(act.format(table, column))
    assert (Entry.objects.count(), Link.objects.count()) == before == (1, 1)

"""Linking: every committed entry once, in order, whatever transactions do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chengguan.audit.domain import chain
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import NewEntry, record, record_many
from chengguan.audit.domain.verify import verify
from chengguan.audit.models import Entry, Link, Pending
from chengguan.core.chain import GENESIS

SYSTEM = Actor.system("试")


@pytest.fixture(autouse=True)
def anchors(tmp_path: Path, settings: Settings) -> None:
    settings.CHENGGUAN_ANCHORS = tmp_path


@pytest.fixture
def spare() -> Iterator[Any]:
    """A second connection: a writer whose transaction stays open."""
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


def write(count: int) -> None:
    record_many([NewEntry(action="a", actor=SYSTEM, detail={"n": n}) for n in range(count)])


@pytest.mark.django_db
def test_entries_are_linked_once_in_the_order_they_came() -> None:
    write(3)
    assert chain.link_batch() == 3
    assert chain.link_batch() == 0
    links = list(Link.objects.order_by("position").values_list("position", "entry_id"))
    numbers = Entry.objects.order_by("id").values_list("id", flat=True)
    assert links == list(enumerate(numbers, start=1))
    assert Pending.objects.count() == 0


@pytest.mark.django_db
def test_batches_join_without_a_seam() -> None:
    assert chain.head() == chain.Head(0, GENESIS)
    write(7)
    assert [chain.link_batch(3) for _ in range(4)] == [3, 3, 1, 0]
    result = verify()
    assert (result.intact, result.rows, result.pending) == (True, 7, 0)
    assert result.head == chain.head().digest.hex()


@pytest.mark.django_db
def test_a_batch_is_few_statements_however_many_entries() -> None:
    for count in (1, 150):
        write(count)
        with CaptureQueriesContext(connection) as asked:
            chain.link_batch()
        # Savepoints of the test's transaction are not ours.
        statements = [q for q in asked.captured_queries if "SAVEPOINT" not in q["sql"]]
        assert len(statements) == 4


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_linked_late_and_not_lost(spare: Any) -> None:
    late = spare
    late.set_autocommit(False)
    with late.cursor() as cursor:
        # The oldest id of all, taken by a transaction that is still open.
        cursor.execute(
            "INSERT INTO audit_entry (id, at, actor, post, request_id, action, subject_type,"
            " subject_id, result, detail) VALUES (1, now(), '', '', '', 'late', '', '', 'done', '{}')"
        )
    write(4)
    assert chain.link_all() == 4
    assert verify().intact
    late.commit()
    assert verify().pending == 1
    assert chain.link_all() == 1
    assert Link.objects.get(position=5).entry_id == 1
    assert verify().intact
    assert Entry.objects.count() == Link.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_rolls_back_leaves_no_hole(spare: Any) -> None:
    other = spare
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (id, at, actor, post, request_id, action, subject_type,"
            " subject_id, result, detail) VALUES (1, now(), '', '', '', 'x', '', '', 'done', '{}')"
        )
    write(2)
    other.rollback()
    write(1)
    assert chain.link_all() == 3
    assert verify().rows == 3


@pytest.mark.django_db(transaction=True)
def test_only_one_linker_works(spare: Any) -> None:
    write(2)
    other = spare
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [chain.LOCK])
    assert chain.link_batch() == 0
    other.rollback()
    assert chain.link_batch() == 2


@pytest.mark.django_db(transaction=True)
def test_writers_and_linkers_together_lose_and_repeat_nothing() -> None:
    start = Barrier(6)

    def write_some() -> None:
        start.wait()
        for n in range(40):
            with transaction.atomic():
                record("a", actor=SYSTEM, detail={"n": n})
                if n % 5 == 0:
                    transaction.set_rollback(True)
        connection.close()

    def link_some() -> None:
        start.wait()
        for _ in range(60):
            chain.link_batch(7)
        connection.close()

    threads = [Thread(target=write_some) for _ in range(4)]
    threads += [Thread(target=link_some) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain.link_all()
    result = verify()
    assert (result.intact, result.rows) == (True, 4 * 32)
    assert Entry.objects.count() == 4 * 32

"""How hot rows are written: ids, rows, pipelines, cached reference data."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from chengguan.audit.models import Entry
from chengguan.files.models import Blob
from chengguan.store import cache, revisions, rows
from chengguan.store.ids import next_id, take_ids
from chengguan.store.models import Revision
from chengguan.store.pipeline import pipelined

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 4, 5, 6, 789, tzinfo=UTC)


def _entry(number: int) -> dict[str, object]:
    return {"id": number, "at": AT, "action": "试", "detail": {"n": number, "名": ["甲"]}}


@pytest.mark.parametrize("count", [1, 200, 201])
def test_insert_and_copy_write_the_same_values(count: int) -> None:
    ids = take_ids(count)
    rows.insert(Entry, [_entry(number) for number in ids])
    written = list(Entry.objects.order_by("id").values_list("id", "at", "action", "detail"))
    assert written == [(n, AT, "试", {"n": n, "名": ["甲"]}) for n in ids]


@pytest.mark.parametrize("count", [1, 300])
def test_points_survive_both_ways_of_writing(count: int) -> None:
    point = (121.905568, 30.886193)
    rows.insert(
        Blob,
        [
            {"sha256": f"{n:064x}", "size": n, "media_type": "image/png", "taken_point": point}
            for n in range(count)
        ],
    )
    assert set(Blob.objects.values_list("taken_point", flat=True)) == {point}


def test_a_pipeline_is_one_transaction() -> None:
    def write_twice() -> None:
        with pipelined():
            rows.insert(Entry, [_entry(1)])
            rows.insert(Entry, [_entry(1)])

    with pytest.raises(IntegrityError):
        write_twice()
    assert Entry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_ids_are_unique_over_threads() -> None:
    got: list[int] = []

    def take() -> None:
        mine = [next_id() for _ in range(2500)]
        connection.close()
        got.extend(mine)

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 10_000


def test_a_thousand_ids_cost_at_most_two_questions() -> None:
    with CaptureQueriesContext(connection) as asked:
        take_ids(1000)
    assert len(asked) <= 2


def test_cached_data_is_loaded_again_after_a_bump_and_not_before() -> None:
    loads: list[int] = []

    @cache.revised("trial")
    def load() -> int:
        loads.append(1)
        return len(loads)

    assert (load(), load()) == (1, 1)
    revisions.bump("trial")
    assert (load(), load()) == (2, 2)


def test_a_rolled_back_revision_never_comes_again() -> None:
    @cache.revised("trial")
    def load() -> list[int]:
        return list(Revision.objects.filter(name="mark").values_list("number", flat=True))

    with transaction.atomic():
        Revision.objects.create(name="mark", number=7)
        revisions.bump("trial")
        assert load() == [7]
        transaction.set_rollback(True)
    revisions.refresh()
    assert load() == []
    revisions.bump("trial")
    assert load() == []


def test_a_revision_is_asked_for_once_in_a_while() -> None:
    revisions.refresh()
    with CaptureQueriesContext(connection) as asked:
        for _ in range(50):
            revisions.current("trial")
    assert len(asked) == 1

"""Writes gathered into one statement: all or nothing, with a guard that counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from chengguan.notify.models import InboxItem
from chengguan.store import rows
from chengguan.store.ids import next_id
from chengguan.store.models import Revision
from chengguan.store.pipeline import gathered, send

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, tzinfo=UTC)


def item(key: int) -> dict[str, object]:
    return {"id": key, "user_id": 1, "kind": "a", "title": "100%", "body": "", "read_at": AT}


def test_all_writes_are_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first, second = next_id(), next_id()
    Revision.objects.create(name="gathered", number=1)
    with django_assert_num_queries(1), gathered() as writes:
        rows.insert(InboxItem, [item(first)])
        with gathered():
            rows.insert(InboxItem, [item(second)])
        writes.guard("UPDATE store_revision SET number = %s WHERE name = %s", [7, "gathered"])
    assert writes.matched == 1
    assert Revision.objects.get(name="gathered").number == 7
    assert list(
        InboxItem.objects.filter(id__in=[first, second]).order_by("id").values_list("title")
    ) == [("100%",), ("100%",)]


def test_a_guard_that_matches_nothing_says_so() -> None:
    with gathered() as writes:
        writes.guard("UPDATE store_revision SET number = %s WHERE name = %s", [7, "nobody"])
    assert writes.matched == 0


def test_one_fault_undoes_all() -> None:
    key = next_id()
    with pytest.raises(IntegrityError):
        _write_twice(key)
    assert not Revision.objects.filter(name="one").exists()


def test_an_error_in_the_block_writes_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail()
    assert InboxItem.objects.count() == 0


def _write_twice(key: int) -> None:
    with transaction.atomic(), gathered():
        send("INSERT INTO store_revision (name, number) VALUES (%s, %s)", ["one", 1])
        rows.insert(InboxItem, [item(key)])
        rows.insert(InboxItem, [item(key)])


def _write_and_fail() -> None:
    with gathered():
        rows.insert(InboxItem, [item(next_id())])
        raise ZeroDivisionError

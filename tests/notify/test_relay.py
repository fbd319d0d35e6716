"""What is written with a deed is told after it, once, whoever is killed in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from chengguan.notify import channels
from chengguan.notify.channels import Told
from chengguan.notify.domain import News, tell, tell_many
from chengguan.notify.domain.relay import BATCH, MOST_BYTES, pack, relay, step
from chengguan.notify.models import InboxItem, OutboxMessage
from chengguan.store.pipeline import pipelined


@pytest.fixture
def listener(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    given = connection.settings_dict
    with psycopg.connect(
        dbname=given["NAME"],
        user=given["USER"],
        password=given["PASSWORD"],
        host=given["HOST"],
        port=given["PORT"] or None,
        autocommit=True,
    ) as listening:
        listening.execute("LISTEN chengguan")
        yield listening


def _heard(listening: psycopg.Connection[Any], timeout: float = 2) -> list[dict[str, Any]]:
    found = []
    for notice in listening.notifies(timeout=timeout, stop_after=1):
        found += orjson.loads(notice.payload)
    return found


@pytest.mark.django_db
def test_tell_is_one_statement_for_one_and_for_fifty(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tell("warm")
    with django_assert_num_queries(1):
        number = tell(
            "case.stepped",
            subject_id=5,
            area_code="310115",
            matter_code="01001",
            organisation_path="/1/7/",
            user_ids=[3, 4],
            payload={"verb": "dispatch"},
        )
    with django_assert_num_queries(1):
        assert len(tell_many(News("x") for _ in range(50))) == 50
    with pipelined():
        tell("in.pipeline")
    row = OutboxMessage.objects.get(id=number)
    assert (row.topic, row.subject_id, row.area_code, row.matter_code) == (
        "case.stepped",
        5,
        "310115",
        "01001",
    )
    assert (row.organisation_path, row.user_ids, row.payload) == (
        "/1/7/",
        [3, 4],
        {"verb": "dispatch"},
    )
    assert OutboxMessage.objects.count() == 53


def test_what_is_rolled_back_is_never_told(listener: psycopg.Connection[Any]) -> None:
    with transaction.atomic():
        tell("undone")
        transaction.set_rollback(True)
    tell("done", subject_id=1)
    assert relay() == 1
    assert [m["topic"] for m in _heard(listener)] == ["done"]
    assert relay() == 0


def test_a_notice_carries_scope_and_ids(listener: psycopg.Connection[Any]) -> None:
    number = tell(
        "case.stepped",
        subject_id=5,
        area_code="310115",
        matter_code="01001",
        organisation_path="/1/7/",
        user_ids=[3],
        payload={"verb": "派遣"},
    )
    relay()
    (message,) = _heard(listener)
    at = message.pop("at")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()) < 60
    assert message == {
        "id": number,
        "topic": "case.stepped",
        "subject": 5,
        "area": "310115",
        "matter": "01001",
        "organisation": "/1/7/",
        "users": [3],
        "payload": {"verb": "派遣"},
    }


@pytest.mark.django_db
def test_one_relay_costs_the_same_for_one_and_for_many(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 100):
        tell_many(News("x", user_ids=[1], payload={"title": "标题"}) for _ in range(count))
        # Take, inbox in its savepoint, notify; the outer savepoint is this test's.
        with django_assert_num_queries(7):
            assert relay() == count


@pytest.mark.django_db
def test_a_full_batch_goes_on_at_once_and_a_short_one_gathers() -> None:
    tell_many(News("x") for _ in range(BATCH + 1))
    assert [step(), step(), step()] == [BATCH, 0, 0]
    assert not OutboxMessage.objects.exists()


def test_eight_relays_tell_each_message_once(listener: psycopg.Connection[Any]) -> None:
    numbers = tell_many(News("x", subject_id=n) for n in range(400))
    told: list[int] = []

    def work() -> None:
        while count := relay(limit=17):
            told.append(count)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(told) == 400
    heard = []
    for notice in listener.notifies(timeout=1):
        heard += [m["id"] for m in orjson.loads(notice.payload)]
    assert sorted(heard) == sorted(numbers)
    assert not OutboxMessage.objects.exists()


def test_a_relay_killed_before_its_commit_leaves_all_to_the_next(
    listener: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("x", user_ids=[1], payload={"title": "标题"})

    def killed(told: object) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('chengguan', '[]')")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chengguan.notify.domain.relay.pack", killed)
        with pytest.raises(KeyboardInterrupt):
            relay()
    assert (InboxItem.objects.count(), OutboxMessage.objects.count()) == (0, 1)
    assert _heard(listener, timeout=0.2) == []
    assert relay() == 1
    assert [m["topic"] for m in _heard(listener)] == ["x"]
    assert InboxItem.objects.count() == 1


@pytest.mark.django_db
def test_a_broken_channel_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def broken(told: object) -> None:
        InboxItem.objects.create(id=1, user_id=9, kind="x", title="半")
        raise RuntimeError

    channels.register_channel("broken", broken)
    channels.register_channel("late", lambda told: seen.append(len(told)))
    try:
        tell("x", user_ids=[1], payload={"title": "标题"})
        assert relay() == 1
    finally:
        for name in ("broken", "late"):
            channels._channels.pop(name)
    assert list(InboxItem.objects.values_list("user_id", flat=True)) == [1]
    assert OutboxMessage.objects.get().error == "broken: RuntimeError: "
    assert (seen, caplog.records[0].getMessage()) == ([1], "channel failed")


def test_a_poisoned_message_is_set_aside_and_the_others_are_told(
    listener: psycopg.Connection[Any],
) -> None:
    first = tell("before", user_ids=[1], payload={"title": "前"})
    unreadable, nobody = tell("poison"), tell("poison", user_ids=[2], payload={"title": "毒"})
    last = tell("behind", user_ids=[3], payload={"title": "后"})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notify_outboxmessage SET payload = '{\"n\": 1e999}' WHERE id = %s", [unreadable]
        )
        cursor.execute(
            "UPDATE notify_outboxmessage SET user_ids = ARRAY[NULL]::bigint[] WHERE id = %s",
            [nobody],
        )
    assert (relay(), relay()) == (4, 0)
    assert sorted(InboxItem.objects.values_list("user_id", flat=True)) == [1, 3]
    aside = dict(OutboxMessage.objects.values_list("id", "error"))
    assert {number: error.split(":")[0] for number, error in aside.items()} == {
        unreadable: "JSONDecodeError",
        nobody: "in_app",
    }
    assert [message["id"] for message in _heard(listener)] == [first, nobody, last]


def _told(**given: Any) -> Told:
    whole: dict[str, Any] = {
        "id": 9_000_000_000_000_000,
        "topic": "case.stepped",
        "subject_id": 9_000_000_000_000_000,
        "area_code": "310115001002003",
        "matter_code": "01001",
        "organisation_path": "/1/",
        "user_ids": (),
        "payload": {},
        "created_at": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return Told(**(whole | given))


@pytest.mark.parametrize("count", [1, 2, 50, 500])
def test_notices_are_whole_in_order_and_small_enough(count: int) -> None:
    told = [_told(id=n, payload={"words": "城" * (n % 700)}) for n in range(count)]
    notices = pack(told)
    assert max(len(notice.encode()) for notice in notices) <= MOST_BYTES
    assert [m["id"] for notice in notices for m in orjson.loads(notice)] == list(range(count))


def test_what_is_too_large_goes_without_payload_and_in_parts() -> None:
    users = [9_000_000_000_000_000 + n for n in range(1000)]
    notices = pack([_told(payload={"words": "城" * 5000}), _told(id=2, user_ids=users)])
    assert max(len(notice.encode()) for notice in notices) <= MOST_BYTES
    messages = [m for notice in notices for m in orjson.loads(notice)]
    assert "payload" not in messages[0]
    parts = messages[1:]
    assert [m.get("part", 0) for m in parts] == [0, 1, 2, 3]
    assert [user for m in parts for user in m["users"]] == users

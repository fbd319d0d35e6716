"""Verification names the first row that was altered, taken out or put in, also past the triggers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from chengguan.audit.domain import chain
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.anchors import anchors, directory, write_anchor
from chengguan.audit.domain.record import NewEntry, record, record_many
from chengguan.audit.domain.verify import Fault, VerifyResult, verify
from chengguan.audit.models import Entry, Link
from chengguan.core import chain as digests

pytestmark = pytest.mark.django_db

ALICE = Actor(7, "爱丽丝", "acceptor", 3, "10.0.0.9", "req-1")
COUNT = 9
CHANGES = {
    "at": "at + interval '1 microsecond'",
    "recorded_at": "recorded_at - interval '1 microsecond'",
    "actor_id": "actor_id + 1",
    "actor": "'爱丽斯'",
    "post": "'leader'",
    "ip": "'10.0.0.8'",
    "request_id": "'req-2'",
    "action": "'cases.view'",
    "subject_type": "'case2'",
    "subject_id": "'43'",
    "result": "'done'",
    "detail": """'{"n": 1.10}'""",
}


@pytest.fixture(autouse=True)
def log(tmp_path: Path, settings: Settings) -> None:
    settings.CHENGGUAN_ANCHORS = tmp_path
    record_many(
        [
            NewEntry(
                action="cases.file",
                actor=ALICE,
                subject_type="case",
                subject_id=42,
                result="refused",
                detail={"n": 1.1},
            )
            for _ in range(COUNT)
        ]
    )
    chain.link_all()


@contextmanager
def tampering() -> Iterator[Any]:
    """What the owner of the database can do: switch the triggers off."""
    with connection.cursor() as cursor:
        for table in ("audit_entry", "audit_link"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in ("audit_entry", "audit_link"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def found(result: VerifyResult) -> tuple[Fault | None, int | None, int | None]:
    return result.fault, result.position, result.entry_id


def at(position: int) -> int:
    return Link.objects.get(position=position).entry_id


def rechain(cursor: Any, first: int) -> None:
    """Compute all digests from `first` again, as somebody with our source code could."""
    before = Link.objects.filter(position=first - 1).first()
    digest = bytes(before.digest) if before else digests.GENESIS
    cursor.execute(
        f"SELECT l.position, {chain.COLUMNS} FROM audit_link l JOIN audit_entry e"
        " ON e.id = l.entry_id WHERE l.position >= %s ORDER BY l.position",
        [first],
    )
    for position, *row in cursor.fetchall():
        digest = digests.link(digest, chain.canonical(row))
        cursor.execute("UPDATE audit_link SET digest = %s WHERE position = %s", [digest, position])


def test_an_untouched_log_is_intact() -> None:
    write_anchor()
    result = verify()
    assert found(result) == (None, None, None)
    assert (result.intact, result.rows, result.pending, result.sentence) == (True, COUNT, 0, "")
    assert result.warnings == ()


def test_without_an_anchor_it_says_what_it_can_t_see() -> None:
    assert len(verify().warnings) == 1
    assert "锚点" in verify().warnings[0]


def test_entries_that_wait_for_their_link_are_no_fault() -> None:
    record("a", actor=ALICE)
    result = verify()
    assert (result.intact, result.rows, result.pending) == (True, COUNT, 1)


def test_every_column_is_covered_by_a_change_below() -> None:
    assert set(CHANGES) | {"id"} == {field.column for field in Entry._meta.concrete_fields}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("position", [1, 5, COUNT])
def test_a_changed_byte_in_any_column_is_named(column: str, position: int) -> None:
    number = at(position)
    with tampering() as cursor:
        cursor.execute(
            f"UPDATE audit_entry SET {column} = {CHANGES[column]} WHERE id = %s", [number]
        )
    result = verify()
    assert found(result) == (Fault.ALTERED, position, number)
    assert result.rows == position - 1
    assert f"第 {position} 环（记录 {number}）被篡改" in result.sentence


def test_the_first_of_two_changes_is_named() -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE audit_entry SET actor = '' WHERE id = ANY(%s)", [[at(7), at(4)]])
    assert found(verify()) == (Fault.ALTERED, 4, at(4))


def test_a_changed_digest_is_named() -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE audit_link SET digest = %s WHERE position = 4", [bytes(32)])
    assert found(verify()) == (Fault.ALTERED, 4, at(4))


@pytest.mark.parametrize("position", [1, 5, COUNT])
def test_a_deleted_entry_is_missing(position: int) -> None:
    number = at(position)
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE id = %s", [number])
    assert found(verify()) == (Fault.MISSING, position, number)


@pytest.mark.parametrize("position", [1, 5])
def test_a_deleted_link_is_missing(position: int) -> None:
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE position = %s", [position])
    assert found(verify()) == (Fault.MISSING, position, None)


def test_the_last_link_deleted_leaves_an_entry_without_a_place() -> None:
    number = at(COUNT)
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE position = %s", [COUNT])
    assert found(verify()) == (Fault.INSERTED, None, number)


def test_a_row_deleted_with_its_link_is_missing() -> None:
    number = at(5)
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE position = 5")
        cursor.execute("DELETE FROM audit_entry WHERE id = %s", [number])
    assert found(verify()) == (Fault.MISSING, 5, None)


def test_a_gap_that_was_closed_up_is_found() -> None:
    number = at(5)
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE position = 5")
        cursor.execute("DELETE FROM audit_entry WHERE id = %s", [number])
        for position in range(6, COUNT + 1):
            cursor.execute(
                "UPDATE audit_link SET position = position - 1 WHERE position = %s", [position]
            )
    assert found(verify()) == (Fault.ALTERED, 5, at(5))


def insert_entry(cursor: Any, number: int) -> None:
    cursor.execute(
        "INSERT INTO audit_entry SELECT %s, at, recorded_at, 9, '马洛里', post, ip, request_id,"
        " action, subject_type, subject_id, result, detail FROM audit_entry WHERE id = %s",
        [number, at(4)],
    )


def test_an_entry_put_into_the_past_is_named() -> None:
    with tampering() as cursor:
        insert_entry(cursor, 1)
    assert found(verify()) == (Fault.INSERTED, None, 1)


def test_an_entry_put_in_with_a_link_of_its_own_is_named() -> None:
    with tampering() as cursor:
        insert_entry(cursor, 1)
        for position in range(COUNT, 4, -1):
            cursor.execute(
                "UPDATE audit_link SET position = position + 1 WHERE position = %s", [position]
            )
        cursor.execute(f"SELECT {chain.COLUMNS} FROM audit_entry e WHERE id = 1")
        before = bytes(Link.objects.get(position=4).digest)
        digest = digests.link(before, chain.canonical(cursor.fetchone()))
        cursor.execute("INSERT INTO audit_link VALUES (5, 1, %s, now())", [digest])
    assert found(verify()) == (Fault.INSERTED, 5, 1)


def test_two_entries_that_changed_places_are_named() -> None:
    third, sixth = at(3), at(6)
    with tampering() as cursor:
        for number, position in ((0, 3), (third, 6), (sixth, 3)):
            cursor.execute(
                "UPDATE audit_link SET entry_id = %s WHERE position = %s", [number, position]
            )
    assert found(verify()) == (Fault.ALTERED, 3, sixth)


def test_a_tail_cut_off_is_seen_by_the_anchor_alone() -> None:
    write_anchor()
    with tampering() as cursor:
        for position in (COUNT - 1, COUNT):
            number = at(position)
            cursor.execute("DELETE FROM audit_link WHERE position = %s", [position])
            cursor.execute("DELETE FROM audit_entry WHERE id = %s", [number])
    result = verify()
    assert found(result) == (Fault.MISSING, COUNT - 1, None)
    assert "链尾被截去" in result.sentence
    for place in directory().iterdir():
        place.unlink()
    assert verify().intact


def test_a_chain_rewritten_whole_is_seen_by_the_anchor_alone() -> None:
    write_anchor()
    record("a", actor=ALICE)
    chain.link_all()
    with tampering() as cursor:
        cursor.execute("UPDATE audit_entry SET actor = '马洛里' WHERE id = %s", [at(5)])
        rechain(cursor, 5)
    result = verify()
    assert found(result) == (Fault.ALTERED, 1, None)
    assert f"第 1 至 {COUNT} 环" in result.sentence
    for place in directory().iterdir():
        place.unlink()
    assert verify().intact


def test_the_range_between_two_anchors_is_named() -> None:
    write_anchor()
    record_many([NewEntry(action="a", actor=ALICE) for _ in range(3)])
    chain.link_all()
    write_anchor()
    with tampering() as cursor:
        cursor.execute("UPDATE audit_entry SET actor = '马洛里' WHERE id = %s", [at(11)])
        rechain(cursor, 11)
    assert found(verify()) == (Fault.ALTERED, COUNT + 1, None)


def test_an_entry_taken_out_before_it_was_linked_is_named() -> None:
    number = record("a", actor=ALICE)
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE id = %s", [number])
    chain.link_all()
    record("a", actor=ALICE)
    chain.link_all()
    assert found(verify()) == (Fault.MISSING, COUNT + 1, number)


def test_a_backdated_entry_is_warned_of() -> None:
    write_anchor()
    number = record("a", actor=ALICE)
    with tampering() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE id = %s", [number])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry SELECT 1, at, recorded_at - interval '2 days', actor_id, actor,"
            " post, ip, request_id, action, subject_type, subject_id, result, detail"
            " FROM audit_entry WHERE id = %s",
            [at(1)],
        )
        cursor.execute("DELETE FROM audit_pending WHERE entry_id = %s", [number])
    chain.link_all()
    assert any("记录 1 " in warning for warning in verify().warnings)


class TestAnchors:
    def test_an_anchor_is_the_head_and_is_written_once(self) -> None:
        anchor = write_anchor()
        assert anchor is not None
        assert (anchor.position, anchor.digest) == (COUNT, chain.head().digest.hex())
        assert write_anchor() == anchor
        assert anchors() == [anchor]

    def test_a_file_of_the_same_name_is_never_overwritten(self) -> None:
        write_anchor()
        (place,) = directory().iterdir()
        forged = json.loads(place.read_text()) | {"digest": "00" * 32}
        place.write_text(json.dumps(forged))
        write_anchor()
        assert json.loads(place.read_text()) == forged
        assert found(verify()) == (Fault.ALTERED, 1, None)

    def test_a_damaged_file_is_said(self) -> None:
        write_anchor()
        (place,) = directory().iterdir()
        place.write_text("{")
        assert "已损坏" in verify().warnings[0]


@pytest.mark.slow  # 100,000 rows: the streaming and the batches, not the time
def test_a_hundred_thousand_rows_name_the_one_changed() -> None:
    record_many([NewEntry(action="a", actor=ALICE, detail={"n": n}) for n in range(100_000)])
    chain.link_all()
    assert verify().rows == COUNT + 100_000
    number = at(77_777)
    with tampering() as cursor:
        cursor.execute("UPDATE audit_entry SET result = 'failed' WHERE id = %s", [number])
    assert found(verify()) == (Fault.ALTERED, 77_777, number)

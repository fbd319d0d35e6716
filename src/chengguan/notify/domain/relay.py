"""The relay: takes committed messages out of the outbox and tells them.

Deleting a message, filling inboxes and NOTIFY are one transaction, and PostgreSQL delivers a
notification at commit only: a killed relay leaves the message for the next one, told not at
all or wholly. Several relays share the work by SKIP LOCKED. Writers never NOTIFY themselves:
it takes a lock of the whole database at commit, and they would wait for each other.

A message that can't be read or told is set aside with its error (`chengguan doctor` counts them);
the ones beside and behind it are told.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import orjson
from django.db import connection, transaction

from chengguan.store.prepared import fetch_one

from ..channels import Deliver, Told, channels

CHANNEL: Final = "chengguan"
#: After a batch of reports thousands wait at once; a transaction for each few hundred would cost more.
BATCH: Final = 2_000
# NOTIFY takes less than 8,000 bytes.
MOST_BYTES: Final = 7_500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS: Final = orjson.OPT_NON_STR_KEYS

log = logging.getLogger(__name__)

_TAKE: Final = """
    DELETE FROM notify_outboxmessage WHERE id = ANY(ARRAY(
        SELECT id FROM notify_outboxmessage WHERE error = '' ORDER BY id LIMIT %s
        FOR UPDATE SKIP LOCKED))
    RETURNING id, topic, subject_id, area_code, matter_code, organisation_path, user_ids,
        payload, (extract(epoch FROM created_at) * 1000000)::bigint
"""
_SET_ASIDE: Final = """
    INSERT INTO notify_outboxmessage (id, topic, subject_id, area_code, matter_code,
        organisation_path, user_ids, payload, created_at, error)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb,
        'epoch'::timestamptz + %s * interval '1 microsecond', %s) ON CONFLICT DO NOTHING
"""
# Through the prepared statement, whose arrays are made text by `replace`: psycopg's go through a
# regular expression that calls Python for each quotation mark of the JSON, two thirds of a relay.
_NOTIFY: Final = "SELECT count(pg_notify(%s, n)) FROM unnest(%s::text[]) n"


def relay(limit: int = BATCH) -> int:
    """Tell up to `limit` messages, oldest first; give how many. Three statements and more rarely."""
    with transaction.atomic():
        told, raw = _take(limit)
        if not raw:
            return 0
        failed: dict[int, str] = {}
        for name, channel in channels().items():
            failed |= _deliver(name, channel.deliver, channel.heard(told))
        for number, error in failed.items():
            _set_aside(raw[number], error)
        fetch_one(_NOTIFY, [CHANNEL, pack(told)])
    return len(raw)


def step() -> int:
    """One turn of the worker's loop: 0, and so a pause, unless more is waiting than was told."""
    told = relay()
    # Pausing after a short batch gathers the next one: a NOTIFY for ten costs that for one.
    return told if told == BATCH else 0


def pack(told: Sequence[Told]) -> list[str]:
    """Pack messages into notices of at most 7,500 bytes: JSON arrays, in order.

    One that is too large goes without its payload and, of many people, in several parts.
    """
    notices: list[bytes] = []
    # An array of n pieces has n - 1 commas and two brackets.
    size = 1
    pieces: list[bytes] = []
    for message in told:
        for piece in _pieces(message):
            if pieces and size + len(piece) + 1 > MOST_BYTES:
                notices.append(b"[" + b",".join(pieces) + b"]")
                pieces, size = [], 1
            pieces.append(piece)
            size += len(piece) + 1
    if pieces:
        notices.append(b"[" + b",".join(pieces) + b"]")
    return [notice.decode() for notice in notices]


_Row = tuple[Any, ...]


def _take(limit: int) -> tuple[list[Told], dict[int, _Row]]:
    """Take messages out; give those that can be read, oldest first, and all rows by id."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit])
        raw: dict[int, _Row] = {row[0]: row for row in cursor.fetchall()}
    told = []
    for number, row in sorted(raw.items()):
        try:
            payload = _payload(row[7])
        except ValueError as error:
            # jsonb holds numbers that nobody else can read: 1e999.
            log.exception("message unreadable", extra={"message_id": number})
            _set_aside(row, f"{type(error).__name__}: {error}")
        else:
            told.append(Told(*(*row[:7], payload, _instant(row[8]))))
    return told, raw


@lru_cache(maxsize=4096)
def _instant(microseconds: int) -> datetime:
    # Messages of one statement were made at one instant.
    return _EPOCH + timedelta(microseconds=microseconds)


def _payload(value: Any) -> dict[str, Any]:
    parsed = orjson.loads(value) if isinstance(value, str | bytes) else value
    return parsed if isinstance(parsed, dict) else {"value": parsed}


def _set_aside(row: _Row, error: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE, [*row, error[:1000]])


def _deliver(name: str, deliver: Deliver, told: Sequence[Told]) -> dict[int, str]:
    """Give a batch to a channel, one by one where the whole fails; gives the errors by message."""
    if not told:
        return {}
    try:
        with transaction.atomic():
            deliver(told)
    except Exception as error:
        # One broken channel must not hold up the live stream and the other channels.
        log.exception("channel failed", extra={"channel": name, "messages": len(told)})
        if len(told) == 1:
            return {told[0].id: f"{name}: {type(error).__name__}: {error}"}
    else:
        return {}
    half = len(told) // 2
    return _deliver(name, deliver, told[:half]) | _deliver(name, deliver, told[half:])


def _pieces(message: Told) -> list[bytes]:
    whole = _piece(message, message.user_ids, message.payload)
    if len(whole) <= MOST_BYTES - 2:
        return [whole]
    users = message.user_ids
    # Ids are at most 16 digits: 300 of them leave room for the rest.
    parts = [users[first : first + 300] for first in range(0, len(users), 300)] or [[]]
    return [_piece(message, part, {}, number) for number, part in enumerate(parts)]


def _piece(message: Told, users: Sequence[int], payload: Any, part: int = 0) -> bytes:
    body: dict[str, Any] = {"id": message.id, "topic": message.topic}
    if part:
        body["part"] = part
    if message.subject_id is not None:
        body["subject"] = message.subject_id
    if message.area_code:
        body["area"] = message.area_code
    if message.matter_code:
        body["matter"] = message.matter_code
    if message.organisation_path:
        body["organisation"] = message.organisation_path
    if users:
        body["users"] = list(users)
    if payload:
        body["payload"] = payload
    body["at"] = message.created_at
    return orjson.dumps(body, option=_FLAGS)

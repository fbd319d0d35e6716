"""Idempotency keys: a write sent twice under one key is done once and answered twice the same.

Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chengguan.core.errors import DomainError
from chengguan.store import ids, rows

from ..errors import InProgress, KeyReused
from ..models import Receipt

KEPT: Final = timedelta(days=7)
_CONSTRAINT: Final = "exchange_receipt_once"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: HTTP status, JSON body, and whether it is an earlier answer given again."""

    status: int
    body: Any
    again: bool = False


def digest_of(body: bytes, *parts: str) -> str:
    """Give the digest of a request: its body, and whatever else makes it this request (path)."""
    whole = hashlib.sha256(body)
    for part in parts:
        whole.update(b"\x00" + part.encode())
    return whole.hexdigest()


def once(client: str, key: str, digest: str, produce: Callable[[], Answer]) -> Answer:
    """Do `produce` unless this client's `key` has been answered; then give that answer again.

    The answer is stored in the transaction of what was done, so neither exists without the
    other. `produce` calls domain functions, which own their (inner) transaction: a
    DomainError of theirs is passed on, is not stored, and keeps what they recorded of the
    refusal. Costs two statements beside those of `produce`.

    Raises:
        KeyReused: the key came with another digest.
        InProgress: another request under this key is being worked on.
    """
    try:
        return _once(client, key, digest, produce)
    except IntegrityError as error:
        if _CONSTRAINT not in str(error):
            raise
    # The first one committed between our look and our lock: all of ours is undone, its answer is there.
    return _once(client, key, digest, produce)


def stored(client: str, keys: list[str]) -> Mapping[str, Answer]:
    """Give the answers already stored for these keys of one client, by key."""
    found = Receipt.objects.filter(client=client, key__in=keys)
    return {r.key: Answer(r.status, r.response, again=True) for r in found}


def prune(*, kept: timedelta = KEPT) -> int:
    """Delete receipts older than `kept`; give how many. Later the same key is a new request."""
    deleted, _ = Receipt.objects.filter(created_at__lt=timezone.now() - kept).delete()
    return deleted


def _once(client: str, key: str, digest: str, produce: Callable[[], Answer]) -> Answer:
    refused: DomainError | None = None
    with transaction.atomic():
        locked, found = _look(client, key)
        if found is not None:
            if found[0] != digest:
                raise KeyReused(key)
            return Answer(found[1], found[2], again=True)
        if not locked:
            raise InProgress(key)
        try:
            answer = produce()
        except DomainError as error:
            refused = error
        else:
            _keep(client, key, digest, answer)
    if refused is not None:
        raise refused
    return answer


def _look(client: str, key: str) -> tuple[bool, tuple[str, int, Any] | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 7206)),"
            " r.digest, r.status, r.response"
            " FROM (VALUES (1)) one(n)"
            " LEFT JOIN exchange_receipt r ON r.client = %s AND r.key = %s",
            [f"{client}\x1f{key}", client, key],
        )
        locked, digest, status, response = cursor.fetchone()
    return locked, None if digest is None else (digest, status, _json(response))


def _keep(client: str, key: str, digest: str, answer: Answer) -> None:
    rows.insert(
        Receipt,
        [
            {
                "id": ids.next_id(),
                "client": client,
                "key": key,
                "digest": digest,
                "status": answer.status,
                "response": answer.body,
            }
        ],
    )


def _json(value: Any) -> Any:
    # Django leaves jsonb unparsed, so that JSONField can choose its decoder.
    import orjson

    return orjson.loads(value) if isinstance(value, str | bytes) else value

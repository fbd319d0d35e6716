"""Sending: a form is queued with the deed it tells of, and sent until it is received for good.

A message is claimed for two minutes, sent outside of any transaction, then marked: a killed
sender sends again, and the receiver knows the key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from django.db import connection
from django.utils import timezone

from chengguan.store import ids, rows

from ..enums import MessageStatus
from ..models import Message, Peer
from .calling import CallFailed, call
from .forms import Form, write_form

LEASE: Final = timedelta(minutes=2)
MOST_ATTEMPTS: Final = 40
_TRY_AGAIN: Final = frozenset({401, 408, 425, 429})

_CLAIM: Final = """
    UPDATE exchange_message SET next_try_at = %(until)s, attempts = attempts + 1 WHERE id = ANY(ARRAY(
        SELECT m.id FROM exchange_message m JOIN exchange_peer p ON p.id = m.peer_id
        WHERE m.outgoing AND m.status = 'pending' AND m.next_try_at <= %(at)s AND p.active
        ORDER BY m.next_try_at LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED))
    RETURNING id
"""


def queue(
    peer: Peer,
    form: Form,
    *,
    key: str,
    subject_type: str = "",
    subject_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """Queue a form in the caller's transaction; the same key again changes nothing.

    `key` names this sending for ever (the id of the event it tells of).
    """
    now = at or timezone.now()
    message = {
        "id": ids.next_id(),
        "peer_id": peer.pk,
        "outgoing": True,
        "form": form.code,
        "key": key,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "payload": write_form(form),
        "next_try_at": now,
        "sent_at": now,
    }
    rows.insert(Message, [message], ignore_conflicts=True)


def deliver_due(limit: int = 20, *, at: datetime | None = None) -> int:
    """Send what is due; give how many were tried. Waits for the peers, so never in a transaction."""
    now = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"until": now + LEASE, "at": now, "limit": limit})
        claimed = [row[0] for row in cursor.fetchall()]
    for message in Message.objects.select_related("peer").filter(id__in=claimed).order_by("id"):
        _deliver(message, now)
    return len(claimed)


def send_again(message: Message) -> bool:
    """Put a failed or refused message back into the queue; false when it stands elsewhere."""
    ended = [MessageStatus.FAILED, MessageStatus.REFUSED]
    changed = Message.objects.filter(id=message.pk, outgoing=True, status__in=ended).update(
        status=MessageStatus.PENDING, attempts=0, next_try_at=timezone.now(), done_at=None
    )
    return changed == 1


def pause_after(attempts: int) -> timedelta:
    """Give how long to wait after so many attempts: 30 s doubled, an hour at most."""
    return timedelta(seconds=min(30 * 2 ** min(attempts - 1, 7), 3600))


def envelope(message: Message) -> bytes:
    """Give the body of a message as it is signed and sent."""
    return orjson.dumps(
        {
            "form": message.form,
            "key": message.key,
            "sent_at": message.sent_at,
            "content": message.payload,
        }
    )


def _deliver(message: Message, now: datetime) -> None:
    body = envelope(message)
    try:
        reply = call(message.peer, "POST", "in/", action=message.form, key=message.key, body=body)
    except CallFailed as error:
        _later(message, str(error), now)
        return
    said = str(reply.body.get("detail", "")) + str(reply.body.get("mend", ""))
    if reply.status < 300 and reply.body.get("receipt"):
        receipt = str(reply.body["receipt"])[:60]
        _mark(message, status=MessageStatus.DONE, receipt=receipt, error="", done_at=now)
    elif 400 <= reply.status < 500 and reply.status not in _TRY_AGAIN:
        reason = f"HTTP {reply.status} {said}"
        _mark(message, status=MessageStatus.REFUSED, error=reason, done_at=now)
    else:
        _later(message, f"HTTP {reply.status} {said}", now)


def _later(message: Message, error: str, now: datetime) -> None:
    if message.attempts >= MOST_ATTEMPTS:
        _mark(message, status=MessageStatus.FAILED, error=error, done_at=now)
    else:
        _mark(message, error=error, next_try_at=now + pause_after(message.attempts))


def _mark(message: Message, **values: Any) -> None:
    Message.objects.filter(id=message.pk, status=MessageStatus.PENDING).update(**values)

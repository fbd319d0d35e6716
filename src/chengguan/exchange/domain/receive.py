"""Receiving: believed by its signature, kept once by its key, acknowledged, then taken in."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import transaction
from django.utils import timezone

from chengguan.core.errors import Conflict, DomainError
from chengguan.store import ids, rows

from ..enums import MessageStatus
from ..errors import Unreadable
from ..models import Message
from ..ports import receivers
from .forms import read_form
from .send import MOST_ATTEMPTS, pause_after
from .signing import Signed, trust

MOST_BYTES: Final = 1_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What is answered: our receipt, and whether the same had come before."""

    receipt: int
    again: bool


def receive(headers: Mapping[str, str], body: bytes, *, at: datetime | None = None) -> Received:
    """Keep a signed form once; the same key with the same content gets the same receipt.

    Raises:
        Untrusted, Unreadable: not to be believed, not to be read.
        Conflict: the key came before with other content.
    """
    now = at or timezone.now()
    form, key, sent_at, content = _open(body)
    with transaction.atomic():
        peer = trust(Signed.of(headers), action=form, key=key, body=body, at=now)
        read_form(form, content)
        number = ids.next_id()
        message = {
            "id": number,
            "peer_id": peer.pk,
            "outgoing": False,
            "form": form,
            "key": key,
            "payload": content,
            "signature": Signed.of(headers).signature[:128],
            "next_try_at": now,
            "sent_at": sent_at,
        }
        rows.insert(Message, [message], ignore_conflicts=True)
        kept = Message.objects.get(peer=peer, outgoing=False, form=form, key=key)
    if kept.payload != content:
        raise Conflict(
            "exchange.key_reused",
            f"编号 {key} 的{form}已收到过，内容与这次不同。",
            mend="内容有变时请用新的编号发送。",
            receipt=kept.pk,
        )
    return Received(kept.pk, again=kept.pk != number)


def take_in_pending(limit: int = 50, *, at: datetime | None = None) -> int:
    """Give received forms to those who take them in; give how many were tried."""
    now = at or timezone.now()
    tried = 0
    while tried < limit and _take_in_one(now):
        tried += 1
    return tried


def _take_in_one(now: datetime) -> bool:
    with transaction.atomic():
        message = (
            Message.objects.select_for_update(skip_locked=True)
            .filter(
                outgoing=False,
                status=MessageStatus.PENDING,
                form__in=list(receivers()),
                next_try_at__lte=now,
            )
            .order_by("next_try_at", "id")
            .first()
        )
        if message is None:
            return False
        message.attempts += 1
        try:
            with transaction.atomic():
                receivers()[message.form](message, read_form(message.form, message.payload))
        except DomainError as error:
            message.status, message.error, message.done_at = MessageStatus.REFUSED, str(error), now
        except Exception as error:
            # One bad form must not stop the others; it is tried again, and in the log.
            log.exception("form not taken in", extra={"message_id": message.pk})
            message.error = f"{type(error).__name__}: {error}"
            message.next_try_at = now + pause_after(message.attempts)
            if message.attempts >= MOST_ATTEMPTS:
                message.status, message.done_at = MessageStatus.FAILED, now
        else:
            message.status, message.error, message.done_at = MessageStatus.DONE, "", now
        message.save(
            update_fields=[
                "attempts",
                "status",
                "error",
                "next_try_at",
                "done_at",
                "subject_type",
                "subject_id",
            ]
        )
    return True


def _open(body: bytes) -> tuple[str, str, datetime, Any]:
    if len(body) > MOST_BYTES:
        raise Unreadable("exchange.large", "表单超过 1 MB。", mend="附件请走文件接口。", status=413)
    try:
        whole = orjson.loads(body)
        form, key, content = whole["form"], whole["key"], whole["content"]
        sent_at = datetime.fromisoformat(whole["sent_at"])
    except (ValueError, KeyError, TypeError):
        raise _unreadable() from None
    if not isinstance(form, str) or not isinstance(key, str) or not 0 < len(key) <= 120:
        raise _unreadable()
    if sent_at.tzinfo is None or "\x00" in form + key:
        raise _unreadable()
    return form, key, sent_at, content


def _unreadable() -> Unreadable:
    return Unreadable(
        "exchange.envelope",
        "信封不完整。",
        mend="须为JSON对象，含form、key（至多120字）、sent_at（带时区）、content。",
    )

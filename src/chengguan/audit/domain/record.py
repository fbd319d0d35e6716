"""Write audit entries, in the transaction of the act they record (GB/T 22239-2019 8.1.4.3).

Nothing is read and nothing is waited for, so both functions may be called inside
`store.pipeline.pipelined()`. The link to the chain comes later, from `audit.domain.chain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.watching import note_refused
from chengguan.audit.enums import Result
from chengguan.audit.models import Entry
from chengguan.store import rows
from chengguan.store.ids import next_id, take_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """One act, login, export or refusal; `at` is when it happened, now when not said."""

    action: str
    actor: Actor
    subject_type: str = ""
    subject_id: str | int = ""
    result: str = Result.DONE
    detail: Mapping[str, Any] | None = None
    at: datetime | None = None


def record(
    action: str,
    *,
    actor: Actor,
    subject_type: str = "",
    subject_id: str | int = "",
    result: str = Result.DONE,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> int:
    """Write one entry and give its id; one statement."""
    entry = NewEntry(
        action=action,
        actor=actor,
        subject_type=subject_type,
        subject_id=subject_id,
        result=result,
        detail=detail,
        at=at,
    )
    number = next_id()
    rows.insert(Entry, [_row(entry, number, timezone.now())])
    if result == Result.REFUSED:
        note_refused()
    return number


def record_many(entries: Sequence[NewEntry]) -> None:
    """Write many entries: one statement up to 200, one COPY above."""
    if not entries:
        return
    now = timezone.now()
    numbers = take_ids(len(entries))
    rows.insert(Entry, [_row(e, n, now) for e, n in zip(entries, numbers, strict=True)])
    if any(entry.result == Result.REFUSED for entry in entries):
        note_refused()


def _row(entry: NewEntry, number: int, now: datetime) -> dict[str, Any]:
    actor = entry.actor
    # Texts that come from outside (a user name typed at the door) are cut to the column.
    return {
        "id": number,
        "at": entry.at or now,
        "actor_id": actor.id,
        "actor": actor.name[:80],
        "post": actor.post[:40],
        "ip": actor.ip or None,
        "request_id": actor.request_id[:40],
        "action": entry.action,
        "subject_type": entry.subject_type,
        "subject_id": str(entry.subject_id)[:64],
        "result": str(entry.result),
        "detail": entry.detail or {},
    }

"""Write audit entries, in the transaction of the act they record (GB/T 22239-2019 8.1.4.3).

Nothing is read and nothing is waited for, so both functions may be called inside
`store.pipeline.pipelined()`. The link to the chain comes later, from `audit.domain.chain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.watching import note_refused
from chengguan.audit.enums import Result
from chengguan.audit.models import Entry
from chengguan.store import rows
from chengguan.store.ids import next_id, take_ids


@dataclass(slots=True, kw_only=True)  # not frozen: that takes three times as long to make
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
    rows.insert_values(Entry, _COLUMNS, [_row(entry, number, timezone.now())])
    if result == Result.REFUSED:
        note_refused()
    return number


def record_many(entries: Sequence[NewEntry]) -> None:
    """Write many entries: one statement up to 200, one COPY above."""
    if not entries:
        return
    now = timezone.now()
    numbers = take_ids(len(entries))
    values = [_row(e, n, now) for e, n in zip(entries, numbers, strict=True)]
    rows.insert_values(Entry, _COLUMNS, values)
    if any(entry.result == Result.REFUSED for entry in entries):
        note_refused()


_COLUMNS: Final = (
    "id",
    "at",
    "actor_id",
    "actor",
    "post",
    "ip",
    "request_id",
    "action",
    "subject_type",
    "subject_id",
    "result",
    "detail",
)


def _row(entry: NewEntry, number: int, now: datetime) -> tuple[Any, ...]:
    actor = entry.actor
    # Texts that come from outside (a user name typed at the door) are cut to the column.
    return (
        number,
        entry.at or now,
        actor.id,
        actor.name[:80],
        actor.post[:40],
        actor.ip or None,
        actor.request_id[:40],
        entry.action,
        entry.subject_type,
        str(entry.subject_id)[:64],
        str(entry.result),
        entry.detail or {},
    )

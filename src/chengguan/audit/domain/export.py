"""The whole log, or a part of it by time, as CSV with each entry's place and digest.

An auditor can check it without this system: digests are SHA-256 over the previous digest and
the entry's canonical bytes (`core.chain`, `audit.domain.chain.COLUMNS`).
"""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import datetime
from typing import Any, Final, TextIO

from django.db import connection, transaction

from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import record

HEAD: Final = (
    "position", "digest", "id", "at", "recorded_at", "actor_id", "actor", "post", "ip",
    "request_id", "action", "subject_type", "subject_id", "result", "detail",
)  # fmt: skip
_COLUMNS: Final = (
    "e.id, e.at, e.recorded_at, e.actor_id, e.actor, e.post, e.ip::text, e.request_id,"
    " e.action, e.subject_type, e.subject_id, e.result, e.detail::text"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ITERATION = 5000


def export_csv(
    out: TextIO, *, actor: Actor, since: datetime | None = None, until: datetime | None = None
) -> int:
    """Write entries with `since` <= at < `until`, in chain order, and give how many.

    The export is audited first, so that it is on record even when it breaks off. A text that a
    spreadsheet would run as a formula gets a leading apostrophe.
    """
    record(
        "audit.export",
        actor=actor,
        subject_type="audit",
        detail={
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
        },
    )
    writer = csv.writer(out)
    writer.writerow(HEAD)
    count = 0
    with transaction.atomic(), closing(_stream(since, until)) as rows:
        for position, digest, *values in rows:
            place = "" if position is None else position
            writer.writerow([place, digest.hex() if digest else "", *(_cell(v) for v in values)])
            count += 1
    return count


def _stream(since: datetime | None, until: datetime | None) -> Any:
    connection.ensure_connection()
    cursor = connection.connection.cursor(name="audit_export")
    cursor.itersize = _ITERATION
    cursor.execute(
        f"SELECT l.position, l.digest, {_COLUMNS} FROM audit_entry e"  # noqa: S608
        " LEFT JOIN audit_link l ON l.entry_id = e.id"
        " WHERE (%(since)s::timestamptz IS NULL OR e.at >= %(since)s)"
        " AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)"
        " ORDER BY l.position NULLS LAST, e.id",
        {"since": since, "until": until},
        binary=True,
    )
    return cursor


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value

"""The chain: every committed entry gets a place and SHA-256(previous digest + entry), in batches.

Writers never wait for it: a trigger notes each new entry as pending, in the writer's own
transaction; one linker at a time takes the committed ones in the order they were written. An
entry whose transaction commits late is simply linked later: places are given by the linker, so
there is nothing to overtake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction

from chengguan.audit.models import Link
from chengguan.core import chain
from chengguan.store import rows

LOCK: Final = 0x61756474  # "audt"
_VERSION: Final = 1

#: What is hashed, in this order: instants as microseconds since 1970 (a third of the time to hash
#: as instants), jsonb as its text, so that 1.10 and 1.1 differ.
COLUMNS: Final = (
    "e.id, (extract(epoch FROM e.at) * 1000000)::bigint,"
    " (extract(epoch FROM e.recorded_at) * 1000000)::bigint, e.actor_id, e.actor, e.post,"
    " e.ip::text, e.request_id, e.action, e.subject_type, e.subject_id, e.result, e.detail::text"
)

# One statement, so that no list of thousands of numbers travels there and back. What is pending of
# transactions that have not committed is not seen, and stays.
_TAKE: Final = f"""
    WITH taken AS (
        DELETE FROM audit_pending WHERE id = ANY(ARRAY(
            SELECT id FROM audit_pending ORDER BY id LIMIT %s))
        RETURNING id, entry_id
    )
    SELECT t.entry_id, {COLUMNS} FROM taken t LEFT JOIN audit_entry e ON e.id = t.entry_id
    ORDER BY t.id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Head:
    """The last place of the chain (0 before the first) and its digest."""

    position: int
    digest: bytes


def link_batch(limit: int = 5000) -> int:
    """Link up to `limit` committed entries; give how many. 0 also when another linker is at work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE, [limit])
        pending: Sequence[tuple[Any, ...]] = cursor.fetchall()
        if pending:
            rows.insert_columns(Link, _links(head(), pending))
    return len(pending)


def link_all() -> int:
    """Link everything committed so far; give how many. For commands and tests."""
    linked = 0
    while count := link_batch():
        linked += count
    return linked


def head() -> Head:
    """Give the last link."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, digest FROM audit_link ORDER BY position DESC LIMIT 1")
        found = cursor.fetchone()
    return Head(found[0], bytes(found[1])) if found else Head(0, chain.GENESIS)


def canonical(row: Sequence[Any]) -> bytes:
    """Give the bytes of an entry that are hashed; `row` are the values of `COLUMNS`."""
    return chain.canonical([_VERSION, *row])


def gone(entry_id: int) -> bytes:
    """Give what is hashed for an entry that was removed before it could be linked.

    Its place is kept, so that verification names it.
    """
    return chain.canonical([_VERSION, entry_id])


def _links(last: Head, pending: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Give the columns of the links; each pending row is its entry's id and what is hashed of it."""
    digest = last.digest
    digests = []
    for number, *row in pending:
        digest = chain.link(digest, gone(number) if row[0] is None else canonical(row))
        digests.append(digest)
    first = last.position + 1
    return {
        "position": list(range(first, first + len(pending))),
        "entry_id": [row[0] for row in pending],
        "digest": digests,
    }

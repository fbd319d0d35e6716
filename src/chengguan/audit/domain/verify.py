"""Follow the whole chain and name the first row that was altered, taken out or put in.

Streams through a server-side cursor: memory does not grow with the log. Triggers that refuse
changes can be switched off by whoever owns the database; this is what still notices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

from django.db import connection, transaction

from chengguan.audit.domain import chain
from chengguan.audit.domain.anchors import Anchor, AnchorUnreadable, anchors
from chengguan.core.chain import Fault
from chengguan.core.chain import verify as follow

_ITERATION: Final = 5000
_BACKDATED: Final = 24 * 3600 * 1_000_000  # microseconds
_SENTENCES: Final = {
    Fault.ALTERED: "被篡改（内容、次序或摘要与链不符）",
    Fault.MISSING: "缺失（被删除）",
    Fault.INSERTED: "是插入的（未经系统写入）",
}
_LINKS = f"""
    SELECT l.position, l.entry_id, l.digest, {chain.COLUMNS}
    FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id
    ORDER BY l.position
"""  # noqa: S608
_STRAY = """
    SELECT e.id FROM audit_entry e
    WHERE NOT EXISTS (SELECT FROM audit_link l WHERE l.entry_id = e.id)
      AND NOT EXISTS (SELECT FROM audit_pending p WHERE p.entry_id = e.id)
    ORDER BY e.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What was found: `rows` that fit, and the first fault with its place and entry, if any.

    `position` is None for an entry that has no place in the chain at all; `entry_id` is None
    where the row that is missing can't be named. `pending` entries are committed, not linked yet.
    """

    rows: int
    head: str
    pending: int
    seconds: float
    fault: Fault | None = None
    position: int | None = None
    entry_id: int | None = None
    sentence: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        return self.fault is None


@dataclass(slots=True)
class _Walk:
    """What the walk along the chain notices beside the digests."""

    expected: dict[int, Anchor]
    entry_at: dict[int, int] = field(default_factory=dict)
    gone: tuple[int, int] | None = None
    unanchored: Anchor | None = None
    anchored: int = 0
    last: int = 0
    newest: int = 0
    backdated: int | None = None


def verify() -> VerifyResult:
    """Check every link, every entry and every anchor; reads only."""
    begun = perf_counter()
    warnings: list[str] = []
    try:
        known = anchors()
    except AnchorUnreadable as error:
        known = []
        warnings.append(str(error))
    if not known:
        warnings.append("没有锚点：整条链被重写或截尾将无法发现。请运行 chengguan audit anchor。")
    walk = _Walk(expected={anchor.position: anchor for anchor in known})
    clash = _clash(known)
    with transaction.atomic(), closing(_stream()) as rows:
        verdict = follow(_links(rows, walk))
    fault, position = verdict.fault, verdict.position
    if walk.gone and (position is None or position >= walk.gone[0]):
        fault, position = Fault.MISSING, walk.gone[0]
    entry_id = walk.entry_at.get(position or 0)
    sentence = ""
    if fault is None:
        fault, position, entry_id, sentence = _beyond(walk, clash, known)
    if fault and not sentence:
        sentence = _sentence(fault, position, entry_id)
    if walk.backdated is not None:
        warnings.append(f"记录 {walk.backdated} 的记录时间早于前序记录一天以上，请核对服务器时钟。")
    return VerifyResult(
        rows=verdict.rows,
        head=verdict.head.hex(),
        pending=_pending(),
        seconds=perf_counter() - begun,
        fault=fault,
        position=position,
        entry_id=entry_id,
        sentence=sentence,
        warnings=tuple(warnings),
    )


def _stream() -> Any:
    with connection.cursor() as plan:
        # Along the chain, entry by entry: left alone the planner sorts the whole log on disk.
        plan.execute("SET LOCAL enable_sort = off")
        plan.execute("SET LOCAL enable_hashjoin = off")
        plan.execute("SET LOCAL enable_mergejoin = off")
    cursor = connection.connection.cursor(name="audit_verify")
    cursor.itersize = _ITERATION
    cursor.execute(_LINKS, binary=True)
    return cursor


def _links(rows: Iterator[Sequence[Any]], walk: _Walk) -> Iterator[tuple[int, bytes, bytes]]:
    for position, number, digest, *entry in rows:
        # Only the last two can be named by a fault.
        walk.entry_at.pop(walk.last - 1, None)
        walk.entry_at[position] = number
        if entry[0] is None:
            walk.gone = (position, number)
            return
        yield position, chain.canonical(entry), digest
        walk.last = position
        _notice(walk, position, digest, entry)
        if walk.unanchored:
            return


def _notice(walk: _Walk, position: int, digest: bytes, entry: Sequence[Any]) -> None:
    anchor = walk.expected.get(position)
    if anchor:
        if anchor.digest == digest.hex():
            walk.anchored = position
        else:
            walk.unanchored = anchor
    recorded_at: int = entry[2]
    if recorded_at > walk.newest:
        walk.newest = recorded_at
    elif walk.backdated is None and walk.newest - recorded_at > _BACKDATED:
        walk.backdated = entry[0]


def _beyond(
    walk: _Walk, clash: Anchor | None, known: Sequence[Anchor]
) -> tuple[Fault | None, int | None, int | None, str]:
    wrong = walk.unanchored or clash
    if wrong:
        sentence = (
            f"第 {walk.anchored + 1} 至 {wrong.position} 环被整体重写：与 {wrong.at} 的锚点不符。"
        )
        return Fault.ALTERED, walk.anchored + 1, None, sentence
    if known and known[-1].position > walk.last:
        sentence = (
            f"链尾被截去：第 {walk.last + 1} 环起缺失，{known[-1].at} 的锚点记有"
            f" {known[-1].position} 环。"
        )
        return Fault.MISSING, walk.last + 1, None, sentence
    with connection.cursor() as cursor:
        cursor.execute(_STRAY)
        stray = cursor.fetchone()
    if stray:
        return Fault.INSERTED, None, stray[0], ""
    return None, None, None, ""


def _clash(known: Sequence[Anchor]) -> Anchor | None:
    # Two anchors of one place that differ: the chain was rewritten between them.
    seen: dict[int, str] = {}
    for anchor in known:
        if seen.setdefault(anchor.position, anchor.digest) != anchor.digest:
            return anchor
    return None


def _pending() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_pending")
        return int(cursor.fetchone()[0])


def _sentence(fault: Fault, position: int | None, entry_id: int | None) -> str:
    where = f"第 {position} 环" if position else ""
    what = f"记录 {entry_id}" if entry_id else ""
    return f"{where}{'（' if where and what else ''}{what}{'）' if where and what else ''}{_SENTENCES[fault]}。"


__all__ = ["Fault", "VerifyResult", "verify"]

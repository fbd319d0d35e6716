"""The index kept up: built once, then following the audit chain, where every step of a case stands.

Ids are drawn in blocks and commit in any order, so no id says what is new. The linker of the audit
gives places to committed entries in one order: what lies behind `SearchState.position`, and what waits
for its place, is all that the index can't know yet. `tail` gives it, and searches read it directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from django.db import connection, transaction

from chengguan.store.prepared import fetch_all

from ..models import SearchEntry, SearchState
from . import tokens

_LOCK: Final = 0x73656172  # "sear"
#: Links of the chain taken in at a time (a fifth of a second's work), and cases of a first build.
FOLLOWED: Final = 500
BUILT: Final = 2_000
_LOADED: Final = 5_000
#: With more unknown cases than this the index is of no use.
MOST_TAIL: Final = 20_000

_COLUMNS: Final = (
    "id", "opened_at", "closed_at", "number", "text", "address", "component_code", "state", "source", "kind",
    "matter_code", "area_code", "rule_id", "unit_id", "reporter_id", "acceptor_id",
    "dispatcher_id", "handler_id", "collector_id", "main_case_id", "reports", *tokens.COUNTS,
    "suspended_until", "overseen", "appealed", "forced", "self_handled", "exempt", "important",
    "on_time", "point",
)  # fmt: skip
# Of facts only what closed cases have: an open one's still come.
_FACTS: Final = (
    "SELECT count(*) FILTER (WHERE f.overdue = 1 AND f.exempt = 0), "
    'coalesce(max(CASE WHEN f."limit" > 0 THEN f.used * 100 / f."limit" END), 0) '
    "FROM cases_fact f WHERE f.case_id = c.id AND c.closed_at IS NOT NULL"
)
_READ: Final = (
    f"SELECT {', '.join(f'c.{name}' for name in _COLUMNS[:-1])}, "  # noqa: S608 (our own names)
    "CASE WHEN c.point IS NOT NULL THEN ARRAY[c.point[0], c.point[1]] END, fact.* "
    f"FROM cases_case c, LATERAL ({_FACTS}) fact "
)
_CHANGED: Final = """
    SELECT l.position, CASE WHEN e.subject_type = 'case' THEN e.subject_id ELSE '' END
    FROM (SELECT position, entry_id FROM audit_link WHERE position > %s
        ORDER BY position LIMIT %s) l JOIN audit_entry e ON e.id = l.entry_id
    ORDER BY l.position
"""
_TAIL: Final = r"""
    SELECT e.subject_id FROM audit_link l JOIN audit_entry e ON e.id = l.entry_id
        WHERE l.position > %s AND e.subject_type = 'case'
    UNION SELECT e.subject_id FROM audit_pending p JOIN audit_entry e ON e.id = p.entry_id
        WHERE e.subject_type = 'case'
    LIMIT %s
"""
_UPSERT: Final = """
    INSERT INTO cases_searchentry (case_id, digest, tokens)
    SELECT s.id, s.digest, s.tokens::int4[]
    FROM unnest(%s::bigint[], %s::int4[], %s::text[]) s(id, digest, tokens)
    ON CONFLICT (case_id) DO UPDATE SET digest = excluded.digest, tokens = excluded.tokens
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index should hold of a case."""

    case_id: int
    digest: int
    #: The numbers as PostgreSQL reads an array.
    tokens: str


@dataclass(slots=True)
class Compared:
    """What `verify` found: cases read, and the ids of those missing, stale, or indexed and gone."""

    cases: int
    missing: list[int]
    stale: list[int]
    gone: list[int]

    @property
    def fine(self) -> bool:
        return not (self.missing or self.stale or self.gone)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the index may be asked, about how many cases it has, and by how many steps it is behind."""

    ready: bool
    entries: int
    behind: int


def step() -> int:
    """One turn of the worker: take in what has changed, or go on with a first build; give how many."""
    with transaction.atomic():
        state = _locked()
        if state is None:
            return 0
        return _follow(state) if state.ready else _build_on(state)


def tail() -> tuple[list[int], bool]:
    """Give the ids of cases the index may not know as they are, and whether it may be asked at all.

    Two short statements; the first row that is asked for by search.
    """
    rows = fetch_all("SELECT position FROM cases_searchstate WHERE ready", [])
    if not rows:
        return [], False
    found = fetch_all(_TAIL, [rows[0][0], MOST_TAIL + 1])
    return list(_ids(one for (one,) in found)), len(found) <= MOST_TAIL


def rebuild(progress: Callable[[int], None] | None = None) -> int:
    """Make the whole index anew and give how many cases it has; until then searches read all cases.

    Loaded first and indexed then, which takes a third of the time that row by row takes.
    """
    with transaction.atomic():
        _wait_for_lock()
        # Committed first: who searches meanwhile must not wait for the table we empty.
        fresh = {"position": _chain_end(), "ready": False, "built_to": 0}
        SearchState.objects.update_or_create(id=1, defaults=fresh)
    with transaction.atomic():
        _wait_for_lock()
        SearchState.objects.filter(id=1).update(position=_chain_end(), built_to=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE indexname = 'cases_search_tokens'"
            )
            (definition,) = cursor.fetchone()
            cursor.execute("DROP INDEX cases_search_tokens")
            cursor.execute("TRUNCATE cases_searchentry")
            count = 0
            for entries in entries_of_all():
                with cursor.copy(
                    "COPY cases_searchentry (case_id, digest, tokens) FROM STDIN"
                ) as copy:
                    copy.write("".join(_line(one) for one in entries))
                count += len(entries)
                if progress is not None:
                    progress(count)
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
            cursor.execute(definition)
            cursor.execute("ANALYZE cases_searchentry")
        SearchState.objects.filter(id=1).update(ready=True)
    return count


def verify() -> Compared:
    """Compare every entry with its case; what steps are changing meanwhile is read again at the end."""
    compared = Compared(0, [], [], [])
    for entries in entries_of_all():
        compared.cases += len(entries)
        stored = _digests([one.case_id for one in entries])
        compared.missing += [one.case_id for one in entries if one.case_id not in stored]
        compared.stale += [
            one.case_id for one in entries if stored.get(one.case_id, one.digest) != one.digest
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id FROM cases_searchentry s WHERE NOT EXISTS "
            "(SELECT 1 FROM cases_case c WHERE c.id = s.case_id)"
        )
        compared.gone = [row[0] for row in cursor.fetchall()]
    known = set(tail()[0])
    compared.missing = [one for one in compared.missing if one not in known]
    compared.stale = [one for one in compared.stale if one not in known]
    return compared


def standing() -> Standing:
    """Say how the index stands; the number of entries is PostgreSQL's own estimate."""
    state = SearchState.objects.filter(id=1).first()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'cases_searchentry'::regclass"
        )
        entries = int(cursor.fetchone()[0])
    if state is None:
        return Standing(False, entries, 0)
    return Standing(state.ready, entries, max(0, _chain_end() - state.position))


def entries_of_all(after: int = 0, size: int = _LOADED) -> Iterator[list[Entry]]:
    """Give what the index should hold of all cases, by rising id, `size` at a time."""
    while True:
        found = _entries("WHERE c.id > %s ORDER BY c.id LIMIT %s", [after, size])
        if not found:
            return
        yield found
        after = found[-1].case_id


def write(case_ids: Sequence[int]) -> int:
    """Bring the entries of these cases up to date; give how many had changed."""
    should = _entries("WHERE c.id = ANY(%s)", [list(case_ids)])
    stored = _digests([one.case_id for one in should])
    new = [one for one in should if stored.get(one.case_id) != one.digest]
    if new:
        # In one order, so that two writers never wait for each other.
        new.sort(key=lambda one: one.case_id)
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, [
                [one.case_id for one in new],
                [one.digest for one in new],
                [one.tokens for one in new],
            ])  # fmt: skip
    return len(new)


def _follow(state: SearchState) -> int:
    changed = fetch_all(_CHANGED, [state.position, FOLLOWED])
    if not changed:
        return 0
    write(list(_ids(subject for _, subject in changed)))
    SearchState.objects.filter(id=1).update(position=changed[-1][0])
    return len(changed)


def _build_on(state: SearchState) -> int:
    if not state.built_to:
        # What changes from here on stands behind this place, and is followed after the build.
        SearchState.objects.filter(id=1).update(position=_chain_end())
    found = next(entries_of_all(state.built_to, BUILT), [])
    if not found:
        SearchState.objects.filter(id=1).update(ready=True)
        return 0
    write([one.case_id for one in found])
    SearchState.objects.filter(id=1).update(built_to=found[-1].case_id)
    return len(found)


def _locked() -> SearchState | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
    return SearchState.objects.get_or_create(id=1)[0]


def _wait_for_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _chain_end() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position), 0) FROM audit_link")
        return int(cursor.fetchone()[0])


def _entries(where: str, values: Sequence[Any]) -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute(_READ + where, values)
        return [_entry(row) for row in cursor.fetchall()]


def _entry(values: tuple[Any, ...]) -> Entry:
    *columns, late, share = values
    row = dict(zip(_COLUMNS, columns, strict=True))
    found = tokens.words_of(row) | tokens.time_of(row)
    if row["closed_at"] is not None:
        found |= tokens.marks_of(row, late, int(share))
    ordered = ",".join(map(str, sorted(found)))
    digest = crc32(ordered.encode())
    return Entry(row["id"], digest - 0x8000_0000, f"{{{ordered}}}")


def _digests(case_ids: Sequence[int]) -> dict[int, int]:
    found = SearchEntry.objects.filter(case_id__in=case_ids).values_list("case_id", "digest")
    return dict(found)


def _line(one: Entry) -> str:
    return f"{one.case_id}\t{one.digest}\t{one.tokens}\n"


def _ids(subjects: Iterable[str]) -> Iterable[int]:
    """An export has the subject type of a case and no id."""
    return dict.fromkeys(int(one) for one in subjects if one.isdigit())

"""All that belongs to one case in one statement: what the API tells beside the case's own row.

PostgreSQL writes the lists as JSON, which goes out as it is: read, turned into objects, checked and
written again they were most of what a case cost. Instants are in UTC, as RFC 3339 has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from chengguan.accounts.domain.principal import Principal
from chengguan.store.prepared import fetch_one

from .models import Case
from .queries import open_reporters

_EVENTS: Final = """
    SELECT coalesce(json_agg(json_build_object(
        'id', id, 'seq', seq, 'verb', verb, 'from_state', from_state, 'to_state', to_state,
        'at', at, 'actor', actor, 'post', post, 'data', data) ORDER BY seq), '[]')
    FROM workflow_event WHERE instance_id = one.id
"""
_FILES: Final = """
    SELECT coalesce(json_agg(json_build_object(
        'id', a.id, 'event_id', a.event_id, 'role', a.role, 'name', a.name,
        'media_type', b.media_type, 'size', b.size, 'sha256', a.blob_id,
        'url', '/files/' || a.id || '/') ORDER BY a.id), '[]')
    FROM files_attachment a JOIN files_blob b ON b.sha256 = a.blob_id
    WHERE a.subject_type = 'case' AND a.subject_id = one.id
"""
_REQUESTS: Final = """
    SELECT coalesce(json_agg(json_build_object(
        'id', id, 'kind', kind, 'status', status, 'reason', reason, 'asked_at', asked_at,
        'decided_at', decided_at) ORDER BY asked_at, id), '[]')
    FROM workflow_request WHERE instance_id = one.id
"""
# The cases merged into this one bring their reports. As an array: joined to a subquery, a table that
# has grown since it was last analysed is read from end to end.
_REPORTS: Final = """
    SELECT coalesce(json_agg(json_build_object(
        'report_id', r.id, 'at', r.at, 'source', r.source, 'name', r.reporter_name,
        'phone', r.reporter_phone, 'case_id', r.case_id) ORDER BY r.at, r.id), '[]')
    FROM cases_report r WHERE r.case_id = ANY(one.id || ARRAY(
        SELECT c.id FROM cases_case c WHERE c.main_case_id = one.id))
"""
_WHOLE: Final = (
    f"SELECT ({_EVENTS})::text, ({_FILES})::text, ({_REQUESTS})::text, ({_REPORTS})::text "  # noqa: S608
    "FROM (SELECT %s::bigint AS id) one"
)


@dataclass(frozen=True, slots=True)
class Belongings:
    """The lists of a case: three as JSON, reporters as far as the asker may know them."""

    events: orjson.Fragment
    files: orjson.Fragment
    requests: orjson.Fragment
    reporters: list[dict[str, Any]]


def belongings_of(case: Case, principal: Principal) -> Belongings:
    """Give what belongs to a case; one statement, one more where others were merged into it."""
    events, files, requests, reports = fetch_one(_WHOLE, [case.pk])
    open_to = open_reporters(case, principal)
    told = [_reporter(one, open_to) for one in orjson.loads(reports)]
    return Belongings(
        orjson.Fragment(events), orjson.Fragment(files), orjson.Fragment(requests), told
    )


def _reporter(one: dict[str, Any], open_to: frozenset[int]) -> dict[str, Any]:
    if one.pop("case_id") in open_to:
        return one | {"hidden": False}
    known = bool(one["name"] or one["phone"])
    return one | {"name": "", "phone": "", "hidden": known}

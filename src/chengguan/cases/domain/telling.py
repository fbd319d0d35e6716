"""Who hears of what happens to a case: those whose scope it lies in, its reporters, and who asked
for what is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from chengguan.notify.domain import News
from chengguan.store.pipeline import send
from chengguan.workflow.domain.stepping import Step

# What reporters are told, as (topic, title).
_OUTCOMES: Final = {
    "void": ("cases.reporter.refused", "您上报的问题不予立案"),
    "close": ("cases.reporter.closed", "您上报的问题已结案"),
    "close_automatically": ("cases.reporter.closed", "您上报的问题已结案"),
    "self_handle": ("cases.reporter.closed", "您上报的问题已处置"),
    "grant_force_close": ("cases.reporter.closed", "您上报的问题已结案"),
}
_STATUS: Final = {"void": "refused", "merge": "joined", "unmerge": "case"}

# Every report of the case and of the cases merged into it, whoever made it: one message each. Not
# those without an account: a message that names nobody is for everybody of the area.
# Ids are blocks of the common sequence, of which the first is used.
_TELL: Final = """
    WITH told AS (
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::jsonb[])
            AS t(case_id, topic, area_code, matter_code, payload)
    )
    INSERT INTO notify_outboxmessage
        (id, topic, subject_id, area_code, matter_code, organisation_path, user_ids, payload)
    SELECT nextval('store_ids'), t.topic, r.id, t.area_code, t.matter_code, '',
           ARRAY[r.reporter_id], t.payload
    FROM told t JOIN cases_report r ON r.case_id = ANY(t.case_id || ARRAY(
        SELECT c.id FROM cases_case c WHERE c.main_case_id = t.case_id))
    WHERE r.reporter_id IS NOT NULL
"""


def announce(step: Step) -> News:
    """Say what happened on the live stream; the named person also finds it in the inbox."""
    row, event = step.row, step.event
    people = _named(step)
    payload = {
        "number": row["number"],
        "verb": event.verb,
        "from": event.from_state,
        "state": event.to_state,
        "seq": event.seq,
    }
    if people:
        payload |= {
            "title": f"{step.verb.title}：{row['number']}",
            "body": _about(row),
            "url": f"/cases/{row['number']}/",
        }
    return News(
        f"case.{event.verb}",
        subject_id=event.instance_id,
        area_code=row["area_code"],
        matter_code=row["matter_code"],
        organisation_path=row["unit_path"],
        user_ids=people,
        payload=payload,
    )


def tell_reporters(steps: Sequence[Step]) -> None:
    """Tell the reporters of cases that came to an end, and mark their reports; fetches nothing."""
    told = [
        (step.event.instance_id, topic, row["area_code"], row["matter_code"], _words(title, row))
        for step in steps
        if (outcome := _OUTCOMES.get(step.event.verb)) is not None
        for (topic, title), row in [(outcome, step.row)]
    ]
    marked = [
        (step.event.instance_id, _STATUS[step.event.verb])
        for step in steps
        if step.event.verb in _STATUS
    ]
    if told:
        send(_TELL, [list(column) for column in zip(*told, strict=True)])
    if marked:
        send(
            "UPDATE cases_report r SET status = v.status "
            "FROM unnest(%s::bigint[], %s::text[]) AS v(id, status) WHERE r.case_id = v.id",
            [list(column) for column in zip(*marked, strict=True)],
        )


def _words(title: str, row: Mapping[str, Any]) -> str:
    words = {"title": title, "body": row["number"], "number": row["number"]}
    return orjson.dumps(words).decode()


def _about(row: Mapping[str, Any]) -> str:
    """Say where the case is, else what was reported; its names would have to be fetched."""
    return str(row["address"] or row["text"][:60])


def _named(step: Step) -> list[int]:
    before, after = step.before, step.row
    people = [
        after[column]
        for column in ("handler_id", "collector_id")
        if after[column] is not None and after[column] != before.get(column)
    ]
    # What he handed in comes back to him, though he is named already.
    if step.verb.name in ("urge", "reject_handling") and after["handler_id"] is not None:
        people.append(after["handler_id"])
    people += step.event.data.get("told", ())
    people += _askers(step)
    return list(dict.fromkeys(people))


def _askers(step: Step) -> list[int]:
    """Give who asked for what this step approves, decides or voids, unless he takes it himself."""
    asked = step.before.get("requests") or {}
    found = [
        asked.get(kind, {}).get("by")
        for kind, role in step.requests
        if role in ("approve", "grant", "refuse", "void")
    ]
    return [one for one in found if one is not None and one != step.event.actor_id]

"""Writes steps: events, work items, requests, audit, news, evidence and the trade's own rows.

The same code writes one step inside a pipeline and thousands with COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from django.db import models

from chengguan.audit.domain.record import NewEntry, record_many
from chengguan.core.calendar import from_epoch, to_epoch
from chengguan.core.worktime import due
from chengguan.files.domain import NewAttachment, attach_many
from chengguan.notify.domain import News, tell_many
from chengguan.store import ids, rows
from chengguan.store.fields import PointField
from chengguan.store.pipeline import Gathered, send
from chengguan.store.prepared import execute

from ..enums import RequestStatus
from ..models import Event, Request, WorkItem
from .calendars import Calendars
from .procedure import Procedure
from .shape import limit_of
from .stepping import Step
from .tally import is_pending
from .timing import stored_clocks

_EVENT = (
    "id",
    "procedure",
    "instance_id",
    "seq",
    "verb",
    "from_state",
    "to_state",
    "at",
    "actor_id",
    "actor",
    "post",
    "organisation_id",
    "data",
    "effects",
)
_event_values = attrgetter(*_EVENT)
_STATUS = {
    "grant": RequestStatus.GRANTED,
    "refuse": RequestStatus.REFUSED,
    "withdraw": RequestStatus.WITHDRAWN,
    "void": RequestStatus.VOID,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A kept file that belongs to a step: it fills the form's `field` and is attached to it."""

    sha256: str
    name: str
    role: str = "other"
    field: str = "photos"


@dataclass(slots=True)
class Written:
    """A step with the evidence that goes with it."""

    step: Step
    evidence: Sequence[Evidence] = field(default=())


def write_follow_ups(
    written: Sequence[Written], calendars: Calendars, *, tell: bool = True
) -> None:
    """Write everything of some steps of one procedure but the instance rows; fetches nothing."""
    steps = [one.step for one in written]
    for number, one in zip(ids.take_ids(len(steps)), steps, strict=True):
        one.event.id = number
    rows.insert_values(Event, _EVENT, [_event_values(one.event) for one in steps])
    items = _Items()
    for one in steps:
        items.take(one)
    items.write()
    for one in steps:
        if one.requests:
            _write_requests(one, calendars)
        _follow_unit(one)
    record_many([_entry(one) for one in steps])
    news = [found for found in map(_news, steps) if found is not None] if tell else []
    if news:
        tell_many(news)
    attachments = [new for one in written for new in _attachments(one)]
    if attachments:
        attach_many(attachments)
    hook = steps[0].procedure.on_steps
    if hook is not None:
        hook(steps)


def insert_rows(procedure: Procedure, new: Sequence[dict[str, Any]]) -> None:
    """Insert instances that have begun; columns at their default in all of them are left out."""
    defaults, own = procedure.defaults, procedure.left_to_database
    whole = itemgetter(*procedure.columns)
    by_column = zip(procedure.columns, zip(*map(whole, new), strict=True), strict=True)
    given = {
        name: values
        for name, values in by_column
        if name not in own or values.count(defaults[name]) < len(values)
    }
    given["clocks"] = tuple(map(stored_clocks, given["clocks"]))
    rows.insert_columns(procedure.model, given)


def update_row(step: Step, into: Gathered) -> None:
    """Add the guarded UPDATE of one step; it matches one row when nobody was faster."""
    changes, before = step.changes, step.before
    table, adapters = _adapters(step.procedure.model)
    sets = ", ".join(f"{_quoted(name)} = %s" for name in changes)
    into.guard(
        f"UPDATE {table} SET {sets} WHERE id = %s AND state = %s AND seq = %s",  # noqa: S608
        [*_values(changes, changes, adapters), before["id"], before["state"], before["seq"]],
    )


def update_rows(procedure: Procedure, changed: Sequence[tuple[dict[str, Any], set[str]]]) -> None:
    """Write the columns that changed of rows that the caller has locked: one statement."""
    table, adapters = _adapters(procedure.model)
    columns = sorted(set().union(*(own for _, own in changed)))
    pick = rows.picking(("id", *columns))
    values = [list(one) for one in zip(*(pick(row) for row, _ in changed), strict=True)]
    for index, name in enumerate(columns, 1):
        adapt = adapters.get(name)
        if adapt is not None:
            values[index] = [None if one is None else adapt(one) for one in values[index]]
    types = rows.column_types(procedure.model)
    arrays = ", ".join(f"%s::{types[name]}[]" for name in ("id", *columns))
    names = ", ".join(map(_quoted, ("id", *columns)))
    sets = ", ".join(f"{_quoted(name)} = s.{_quoted(name)}" for name in columns)
    execute(
        f"UPDATE {table} t SET {sets} FROM unnest({arrays}) s({names}) WHERE t.id = s.id",  # noqa: S608
        values,
    )


class _Items:
    """The work items of some steps; one that opens and closes among them is inserted closed."""

    def __init__(self) -> None:
        self.closing: dict[int, datetime] = {}
        self.redue: dict[int, datetime | None] = {}
        self.new: list[dict[str, Any]] = []
        self._opened: dict[int, dict[str, Any]] = {}

    def take(self, step: Step) -> None:
        key, items = step.event.instance_id, step.items
        if items.closes:
            own = self._opened.pop(key, None)
            if own is None:
                self.closing[key] = step.event.at
                self.redue.pop(key, None)
            else:
                own["closed_at"] = step.event.at
        if items.opens is not None:
            self._opened[key] = _item(step)
            self.new.append(self._opened[key])
        elif items.redue:
            due_at = step.row["stage_due_at"]
            if key in self._opened:
                self._opened[key]["due_at"] = due_at
            else:
                self.redue[key] = due_at

    def write(self) -> None:
        if self.redue:
            _set_items("due_at", self.redue)
        if self.closing:
            _set_items("closed_at", self.closing)
        if self.new:
            for number, item in zip(ids.take_ids(len(self.new)), self.new, strict=True):
                item["id"] = number
            rows.insert(WorkItem, self.new)


def _item(step: Step) -> dict[str, Any]:
    row, procedure, target = step.row, step.procedure, step.items.opens
    assert target is not None
    return {
        "id": 0,
        "procedure": procedure.code,
        "instance_id": step.event.instance_id,
        "state": row["state"],
        "capability": step.items.capability,
        "organisation_id": target.organisation_id,
        "organisation_path": target.organisation_path,
        "user_id": target.user_id,
        "area_code": row.get(procedure.area_column) or "",
        "matter_code": row.get(procedure.matter_column) or "",
        "opened_at": step.event.at,
        "due_at": row["stage_due_at"],
        "closed_at": None,
    }


def _set_items(column: str, values: dict[int, Any]) -> None:
    if len(values) == 1:
        ((key, value),) = values.items()
        send(
            f"UPDATE workflow_workitem SET {column} = %s "  # noqa: S608
            "WHERE instance_id = %s AND closed_at IS NULL",
            [value, key],
        )
        return
    send(
        f"UPDATE workflow_workitem w SET {column} = v.at "  # noqa: S608
        "FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, at) "
        "WHERE w.instance_id = v.id AND w.closed_at IS NULL",
        [list(values), list(values.values())],
    )


def _write_requests(step: Step, calendars: Calendars) -> None:
    for kind, role in step.requests:
        if role == "ask":
            rows.insert(Request, [_request(step, kind, calendars)])
            continue
        event = step.event
        status = _STATUS.get(role, RequestStatus.PENDING)
        decision = {
            "role": role,
            "by": event.actor_id,
            "name": event.actor,
            "post": event.post,
            "at": event.at,
            "event": event.id,
            "reason": event.data.get("reason", "")
            if step.verb.request == kind
            else step.verb.title,
        }
        spec = step.definition.requests[kind]
        send(
            "UPDATE workflow_request SET status = %s, decisions = decisions || %s::jsonb, "
            "decided_at = %s, capability = %s "
            "WHERE instance_id = %s AND kind = %s AND status = 'pending'",
            [
                status,
                orjson.dumps([decision]).decode(),
                None if status == RequestStatus.PENDING else event.at,
                spec.capabilities[-1],
                event.instance_id,
                kind,
            ],
        )


def _follow_unit(step: Step) -> None:
    """Hand what still waits for an answer to the unit that has the instance now."""
    column = step.procedure.unit_path_column
    pending = (kind for kind in step.before.get("requests") or {} if _waits(step, kind))
    if column not in step.changes or not any(pending):
        return
    send(
        "UPDATE workflow_request SET organisation_path = %s "
        "WHERE procedure = %s AND instance_id = %s AND status = 'pending' AND kind <> ALL(%s)",
        # What the step itself moves is written already: one statement writes no row twice.
        [
            step.row[column] or "",
            step.procedure.code,
            step.event.instance_id,
            [kind for kind, _ in step.requests],
        ],
    )


def _waits(step: Step, kind: str) -> bool:
    return is_pending(step.before["requests"], kind)


def _request(step: Step, kind: str, calendars: Calendars) -> dict[str, Any]:
    spec, event, row = step.definition.requests[kind], step.event, step.row
    procedure = step.procedure
    answer_by = None
    if spec.term:
        calendar = calendars.newest(procedure.calendar_of(row))
        answer_by = from_epoch(due(to_epoch(event.at), limit_of(spec.term), calendar))
    return {
        "id": ids.next_id(),
        "procedure": procedure.code,
        "instance_id": event.instance_id,
        "kind": kind,
        "reason": str(event.data.get("reason", "")),
        "data": event.data,
        "status": RequestStatus.PENDING,
        "asked_by": event.actor_id,
        "organisation_id": event.organisation_id,
        "asked_at": event.at,
        "steps": spec.steps,
        "decisions": [],
        "decided_at": None,
        "capability": spec.capabilities[0],
        "due_at": answer_by,
        "area_code": row.get(procedure.area_column) or "",
        "organisation_path": row.get(procedure.unit_path_column) or "",
    }


def _entry(step: Step) -> NewEntry:
    event = step.event
    return NewEntry(
        action=f"{event.procedure}.{event.verb}",
        actor=step.actor,
        subject_type=event.procedure,
        subject_id=event.instance_id,
        detail={"event": event.id, "seq": event.seq, "to": event.to_state},
        at=event.at,
    )


def _news(step: Step) -> News | None:
    procedure, row, event = step.procedure, step.row, step.event
    if procedure.announce is not None:
        return procedure.announce(step)
    return News(
        f"{procedure.code}.{event.verb}",
        subject_id=event.instance_id,
        area_code=row.get(procedure.area_column) or "",
        matter_code=row.get(procedure.matter_column) or "",
        organisation_path=row.get(procedure.unit_path_column) or "",
        payload={"verb": event.verb, "state": event.to_state, "seq": event.seq},
    )


def _attachments(written: Written) -> Iterable[NewAttachment]:
    event = written.step.event
    for one in written.evidence:
        yield NewAttachment(
            one.sha256,
            event.procedure,
            event.instance_id,
            one.name,
            event.id,
            one.role,
            event.actor_id,
            event.at,
        )


@lru_cache(maxsize=64)
def _adapters(model: type[models.Model]) -> tuple[str, dict[str, Callable[[Any], Any]]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for column in model._meta.concrete_fields:
        if column.attname == "clocks":
            found["clocks"] = lambda clocks: rows.json_text(stored_clocks(clocks))
        elif isinstance(column, models.JSONField):
            found[column.attname] = rows.json_text
        elif isinstance(column, PointField):
            found[column.attname] = column.get_prep_value
    return _quoted(model._meta.db_table), found


def _values(
    row: dict[str, Any], names: Iterable[str], adapters: dict[str, Callable[[Any], Any]]
) -> list[Any]:
    return [
        adapters[name](row[name]) if name in adapters and row[name] is not None else row[name]
        for name in names
    ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

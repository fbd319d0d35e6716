"""Many steps of many instances at once: the same rules, written with COPY."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import NewEntry, record_many
from chengguan.audit.enums import Result
from chengguan.core.collecting import collector_paused
from chengguan.core.errors import DomainError, NotFound
from chengguan.store.reading import locked

from .acting import Applied, moment_of, with_evidence
from .calendars import Calendars, all_calendars
from .definition import current, definition_of
from .procedure import Procedure, procedure_of
from .shape import Compiled
from .stepping import Step, step
from .writing import Evidence, Written, insert_rows, update_rows, write_follow_ups


@dataclass(slots=True)  # not frozen: that takes three times as long to make
class Command:
    """One verb on one instance; with `row` (its columns) the verb begins the instance."""

    instance_id: int
    verb: str
    principal: Principal
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    row: Mapping[str, Any] | None = None
    attachments: Sequence[Evidence] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that was not carried out, and why; the others were."""

    error: DomainError


@dataclass(slots=True)
class _Batch:
    """The rows as they are after the steps so far, and what has to be written."""

    rows: dict[int, dict[str, Any]]
    new: set[int] = field(default_factory=set)
    changed: dict[int, set[str]] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    refused: list[NewEntry] = field(default_factory=list)
    definitions: dict[int, Compiled] = field(default_factory=dict)

    def definition(self, key: int) -> Compiled:
        found = self.definitions.get(key)
        if found is None:
            found = self.definitions[key] = definition_of(key)
        return found


def act_many(
    procedure: Procedure | str,
    commands: Sequence[Command],
    *,
    extra: Callable[[Sequence[Step]], None] | None = None,
    tell: bool = True,
) -> list[Applied | Refused]:
    """Apply commands in order and write all of them in one transaction; a refusal stops no other.

    Rows are locked in the order of their ids, so that two batches never deadlock. `extra` writes
    further rows of the caller in the same transaction; without `tell` nobody is told, as when
    history is replayed. Returns one result per command, in order.
    """
    if not commands:
        return []
    trade = procedure_of(procedure)
    calendars = all_calendars()
    with collector_paused(len(commands)), transaction.atomic():
        batch = _Batch(_load(trade, commands))
        newest = current(trade.code) if any(c.row is not None for c in commands) else None
        results = [_take(trade, batch, one, newest, calendars) for one in commands]
        _write(trade, batch, calendars, tell)
        if extra is not None:
            extra([one.step for one in batch.written])
    return results


def _load(trade: Procedure, commands: Sequence[Command]) -> dict[int, dict[str, Any]]:
    begun = {one.instance_id for one in commands if one.row is not None}
    ids = sorted({one.instance_id for one in commands} - begun)
    return {row["id"]: row for row in locked(trade.model, ids)} if ids else {}


def _take(
    trade: Procedure,
    batch: _Batch,
    command: Command,
    newest: Compiled | None,
    calendars: Calendars,
) -> Applied | Refused:
    key = command.instance_id
    try:
        row, definition = _current_row(trade, batch, command, newest)
        taken = step(
            trade,
            row,
            command.verb,
            command.principal,
            with_evidence(command.data, command.attachments),
            moment_of(row, command.at),
            definition=definition,
            calendars=calendars,
        )
    except DomainError as error:
        batch.refused.append(_refusal(trade, command, error))
        return Refused(error)
    batch.rows[key] = taken.row
    if command.row is not None:
        batch.new.add(key)
    elif key not in batch.new:
        batch.changed.setdefault(key, set()).update(taken.changes)
    batch.written.append(Written(taken, command.attachments))
    return Applied(taken.row, taken.event, taken)


def _current_row(
    trade: Procedure, batch: _Batch, command: Command, newest: Compiled | None
) -> tuple[Mapping[str, Any], Compiled]:
    known = batch.rows.get(command.instance_id)
    if known is not None:
        return known, batch.definition(known["definition_id"])
    if command.row is None or newest is None:
        raise NotFound("workflow.instance", f"没有编号为 {command.instance_id} 的{trade.title}。")
    given = {**command.row, "id": command.instance_id, "state": "", "seq": 0}
    return trade.whole_row(given), newest


def _write(trade: Procedure, batch: _Batch, calendars: Calendars, tell: bool) -> None:
    if batch.new:
        insert_rows(trade, [batch.rows[key] for key in sorted(batch.new)])
    if batch.changed:
        update_rows(
            trade, [(batch.rows[key], names) for key, names in sorted(batch.changed.items())]
        )
    if batch.written:
        write_follow_ups(batch.written, calendars, tell=tell)
    record_many(batch.refused)


def _refusal(trade: Procedure, command: Command, error: DomainError) -> NewEntry:
    return NewEntry(
        action=f"{trade.code}.{command.verb}",
        actor=command.principal.actor(),
        subject_type=trade.code,
        subject_id=command.instance_id,
        result=Result.REFUSED,
        detail={"code": error.code, "why": error.message},
    )

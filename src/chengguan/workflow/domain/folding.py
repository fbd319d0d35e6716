"""Rebuilds a row from its events alone: what `cases rebuild --verify` compares with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .calendars import Calendars, all_calendars
from .definition import definition_of
from .procedure import Procedure
from .shape import Compiled
from .stepping import Happened, engine_columns, trade_defaults
from .timing import Clocks, apply_moves, stored_clocks


def fold(procedure: Procedure, events: Iterable[Happened]) -> tuple[dict[str, Any], Clocks]:
    """Return the columns and the clocks of an instance after `events`, in order of `seq`.

    The columns are as stored (`clocks` as JSON); those `outside` the procedure's events are
    missing. Any prefix of the events gives the instance's past at that step.

    Raises:
        ValueError: an event is missing, or the first does not begin an instance.
    """
    steps = list(events)
    if not steps or "definition" not in steps[0].effects:
        raise ValueError("the first event does not begin an instance")
    definition = definition_of(steps[0].effects["definition"])
    return fold_with(procedure, steps, definition, all_calendars())


def fold_with(
    procedure: Procedure,
    events: Iterable[Happened],
    definition: Compiled,
    calendars: Calendars,
) -> tuple[dict[str, Any], Clocks]:
    """Fold without a database: the definition and the calendars are given."""
    row: dict[str, Any] = {}
    clocks: Clocks = {}
    instants = procedure.instants
    for event in events:
        if event.seq != row.get("seq", 0) + 1:
            raise ValueError(f"event {row.get('seq', 0) + 1} is missing")
        if not row:
            row.update(trade_defaults(procedure))
        row["id"] = event.instance_id
        effects = event.effects
        clocks = apply_moves(clocks, effects["clocks"], int(event.at.timestamp()), calendars)
        row.update(engine_columns(definition, row, event, clocks))
        for name, value in effects["set"].items():
            if name in instants and isinstance(value, str):
                row[name] = datetime.fromisoformat(value)
            else:
                row[name] = value
    row["clocks"] = stored_clocks(clocks)
    return row, clocks

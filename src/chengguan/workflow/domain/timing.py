"""Clock operations of one step: limits found, stale calendars renewed, columns read off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from chengguan.core.calendar import CONTINUOUS, Calendar
from chengguan.core.clock import ClockState
from chengguan.core.clock import fold as fold_clocks
from chengguan.core.worktime import Limit, from_epoch

from .calendars import Calendars
from .procedure import ClockMove, Context, Procedure
from .shape import ALL_CLOCKS, ClockOp, Compiled, limit_of

Clocks = dict[str, ClockState]
#: One operation as an event records it: (op, clock, params).
ClockEntry = tuple[str, str, dict[str, Any]]

_NOTHING: Final[Mapping[str, Any]] = {}


def clocks_of(stored: Mapping[str, Any]) -> Clocks:
    """Read the clocks of a row: stored JSON, or states of a row still in memory."""
    return {
        name: value if type(value) is ClockState else ClockState.from_json(value)
        for name, value in stored.items()
    }


def moves_of(
    procedure: Procedure, context: Context, extra: Iterable[ClockMove]
) -> list[ClockEntry]:
    """Return the operations of the verb and of its effects as an event records them.

    Each is (op, clock, params) with every limit in seconds, so that they fold without the
    definition.
    """
    moves: list[ClockEntry] = []
    clocks = context.clocks
    for op in context.verb.clocks:
        names = clocks if op.clock == ALL_CLOCKS else (op.clock,)
        for name in names:
            if op.optional and not _applies(op.op, clocks.get(name)):
                continue
            params = _limit_params(procedure, context, op, name)
            if params is not None:
                _add(moves, context, op.op, name, params)
    for move, name, given in extra:
        _add(moves, context, move, name, dict(given or _NOTHING))
    return moves


def apply_moves(
    clocks: Clocks,
    moves: Iterable[tuple[str, str, Mapping[str, Any]]],
    at: int,
    calendars: Calendars,
) -> Clocks:
    """Return the clocks after `moves` at epoch second `at`; the given ones stay as they are."""
    effects = [(at, name, op, params) for op, name, params in moves]
    if not effects:
        return clocks
    initial = {name: clocks[name] for _, name, _, _ in effects if name in clocks}
    moved = fold_clocks(effects, CONTINUOUS, calendars=calendars, initial=initial)
    return {**clocks, **moved}


def due_columns(definition: Compiled, state: str, clocks: Clocks) -> dict[str, datetime | None]:
    """Return the four instants that lists sort by, read off the clocks."""
    queue = definition.states[state].queue
    stage = clocks.get(queue.clock) if queue else None
    total = clocks.get(definition.total)
    return {
        "stage_due_at": _instant(stage.due) if stage else None,
        "stage_warn_at": _instant(stage.warn) if stage else None,
        "due_at": _instant(total.due) if total else None,
        "warn_at": _instant(total.warn) if total else None,
    }


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_epoch(at)


def _applies(op: str, clock: ClockState | None) -> bool:
    if clock is None:
        return op == "start"
    ended = clock.ended_at is not None
    if op == "start":
        return ended
    if op == "pause":
        return clock.running_since is not None
    if op == "resume":
        return clock.paused_since is not None
    return op == "restart" or not ended


def _limit_params(
    procedure: Procedure, context: Context, op: ClockOp, name: str
) -> dict[str, Any] | None:
    """Return the params of a definition's operation; None where no limit applies."""
    if op.op not in ("start", "restart", "extend"):
        return {}
    spec = context.definition.clocks[name]
    if op.field:
        text = context.data.get(op.field)
        limit = limit_of(text) if text else None
    elif spec.limit:
        limit = limit_of(spec.limit)
    elif spec.limit_from:
        limit = procedure.limits[spec.limit_from](context)
    else:
        limit = None
    if op.op == "extend":
        return {"seconds": _seconds(limit, context.calendar)} if limit else None
    if limit is None:
        return None if op.op == "start" else {}
    params: dict[str, Any] = {"limit": limit}
    if spec.warn != 80:
        params["warn"] = spec.warn
    return params


def _add(
    moves: list[ClockEntry],
    context: Context,
    op: str,
    name: str,
    params: dict[str, Any],
) -> None:
    """Append one operation; a clock on an older calendar is first moved to the newest."""
    clock = context.clocks.get(name)
    newest = context.calendar.name
    if op in ("start", "restart"):
        limit = params.get("limit")
        if isinstance(limit, Limit):
            params["limit"] = _seconds(limit, context.calendar)
            params["mode"] = limit.mode
        mode = params.get("mode", clock.mode if clock and op == "restart" else "work")
        if mode != "continuous":
            params.setdefault("calendar", newest)
        moves.append((op, name, params))
        return
    stale = clock is not None and clock.mode != "continuous" and clock.calendar != newest
    if not stale or clock is None or op == "recalendar" or any(m[1] == name for m in moves):
        moves.append((op, name, params))
    elif clock.ended_at is None:
        if not is_settled_late(clock):
            moves.append(("recalendar", name, {"calendar": newest}))
        moves.append((op, name, params))
    else:
        moves.append((op, name, params))
        if op == "resume" and clock.due is not None and clock.ended_at <= clock.due:
            moves.append(("recalendar", name, {"calendar": newest}))


def is_settled_late(clock: ClockState) -> bool:
    """Say whether a clock was late before it last began to run: no calendar can mend that."""
    return clock.due is not None and (
        clock.running_since is None or clock.due < clock.running_since
    )


def _seconds(limit: Limit, calendar: Calendar) -> int:
    key = limit, calendar.workday_seconds
    found = _known_seconds.get(key)
    if found is None:
        found = _known_seconds[key] = limit.seconds(calendar)
    return found


_known_seconds: dict[tuple[Limit, int], int] = {}


def stored_clocks(clocks: Mapping[str, ClockState]) -> dict[str, dict[str, Any]]:
    """Return the clocks as the row's jsonb column keeps them."""
    return {name: clock.to_json() for name, clock in clocks.items()}

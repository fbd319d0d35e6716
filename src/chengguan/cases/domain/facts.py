"""Facts: one row for each clock that ended, written with the step that ended it.

Every indicator of GB/T 30428.4 is a sum over these rows. A clock that runs on after its end
(返工) and ends again overwrites its fact: the last end of a round is the one that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from chengguan.core.calendar import from_epoch
from chengguan.core.clock import ClockState, is_overdue
from chengguan.core.rows import insert_rows
from chengguan.store import ids, rows
from chengguan.store.pipeline import gathering, send
from chengguan.workflow.domain.calendars import all_calendars
from chengguan.workflow.domain.stepping import Step
from chengguan.workflow.domain.timing import apply_moves, clocks_of

from ..models import Fact

_KEY: Final = ("case_id", "clock", "round")
_FEW: Final = 20


def write_facts(steps: Sequence[Step]) -> None:
    """Write the facts of the clocks that these steps ended; fetches nothing."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    again = False
    for step in steps:
        for name in step.ended:
            fact = fact_of(step, _at_its_end(step, name))
            key = tuple(fact[part] for part in _KEY)
            # Only handling runs on after its end, and only by a rework.
            again = again or (name == "handle" and step.row["reworks"] > 0)
            found[key] = fact
    if not found:
        return
    facts = list(found.values())
    for number, fact in zip(ids.take_ids(len(facts)), facts, strict=True):
        fact["id"] = number
    # A loser of a race must fail on its event, which says so, and not here.
    if again or len(facts) <= _FEW:
        _upsert(facts)
    else:
        rows.insert(Fact, facts)


def exempt_facts(case_ids: Sequence[int]) -> None:
    """Mark the late handling of these cases as not counted; the fact itself stays."""
    send(
        "UPDATE cases_fact SET exempt = 1 "
        "WHERE case_id = ANY(%s) AND clock = 'handle' AND overdue = 1",
        [list(case_ids)],
    )


def fact_of(step: Step, clock: ClockState) -> dict[str, Any]:
    """Give the fact of one clock that `step` ended; times in seconds, see `Fact`."""
    row, event = step.row, step.event
    ended = clock.ended_at
    assert ended is not None
    late = is_overdue(clock, ended)
    unit = clock.name == "handle"
    return {
        "id": 0,
        "case_id": event.instance_id,
        "clock": clock.name,
        "round": clock.round,
        "event_id": event.id,
        "started_at": from_epoch(clock.started_at),
        "ended_at": from_epoch(ended),
        "due_at": None if clock.due is None else from_epoch(clock.due),
        "limit": clock.limit,
        "used": clock.used,
        "wall": ended - clock.started_at,
        "paused": clock.paused_total_wall,
        "on_time": int(not late),
        "overdue": int(late),
        "exempt": 0,
        "actor_id": event.actor_id,
        "post": event.post,
        "unit_id": row["unit_id"] if unit else event.organisation_id,
        "unit_path": row["unit_path"] if unit else "",
        "area_code": row["area_code"],
        "kind": row["kind"],
        "matter_code": row["matter_code"],
        "source": row["source"],
    }


def _at_its_end(step: Step, name: str) -> ClockState:
    clock = step.clocks[name]
    if clock.ended_at is not None:
        return clock
    # Ended and started again in one step (a staged limit): stop the fold after the end.
    moves = [move for move in step.event.effects["clocks"] if move[1] == name]
    last = max(index for index, move in enumerate(moves) if move[0] == "end")
    at = int(step.event.at.timestamp())
    before = clocks_of(step.before.get("clocks") or {})
    return apply_moves(before, moves[: last + 1], at, all_calendars())[name]


def _upsert(facts: list[dict[str, Any]]) -> None:
    names = tuple(facts[0])
    updates = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n not in (*_KEY, "id"))
    conflict = f"(case_id, clock, round) DO UPDATE SET {updates}"
    data = [tuple(fact[name] for name in names) for fact in facts]
    into = gathering()
    if into is not None and len(facts) <= _FEW:
        insert_rows(into, Fact._meta.db_table, names, data, conflict=conflict)
        return
    with connection.cursor() as cursor:
        insert_rows(cursor, Fact._meta.db_table, names, data, conflict=conflict)

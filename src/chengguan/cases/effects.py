"""What a step of a case does beyond the plain settings of its definition.

Effects are pure: they name columns and clock operations, the engine writes them with the event.
The handling clock (处置) is driven here, because dispatch starts it, lets it run on, or starts
it anew, depending on what became of the case before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chengguan.core.clock import ClockState, is_overdue
from chengguan.core.worktime import Limit, limit_text, parse_limit
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty_index import units
from chengguan.workflow.domain.procedure import Context, Effect, Outcome

from .asked import asked_place, matter_of, proved
from .domain.superiors import ESCALATE_AFTER, managers_of, superiors
from .effects_dispatch import DISPATCH_EFFECTS

EFFECTS: dict[str, Effect] = dict(DISPATCH_EFFECTS)


def _effect(effect: Effect) -> Effect:
    EFFECTS[effect.__name__] = effect
    return effect


@_effect
def complete(context: Context) -> Outcome:
    """Take over what the form says about matter and place."""
    data = context.data
    found: dict[str, Any] = {
        column: data[name]
        for name, column in (
            ("address", "address"),
            ("text", "text"),
            ("component", "component_code"),
            ("important", "important"),
        )
        if name in data
    }
    if "matter" in data:
        found["kind"], found["matter_code"] = matter_of(context)
    place = asked_place(context)
    if place is not None:
        found["area_code"] = place.area_code
        if place.point is not None:
            found["point"] = place.point
    return Outcome(set=found)


@_effect
def count_photos(context: Context) -> Outcome | None:
    data = context.data
    added = sum(len(data.get(name, ())) for name in ("photos", "before", "after"))
    return Outcome(set={"photos": context.row["photos"] + added}) if added else None


@_effect
def take_limits(context: Context) -> Outcome:
    """Pin the limits of the filing condition on the case: rules change, this case's limit doesn't."""
    data = context.data
    rule = catalogue.rule(data["rule"]) if "rule" in data else None
    if "limit" in data:
        limits = [_limit("", parse_limit(data["limit"]))]
    elif rule is not None and rule.stages:
        limits = [_limit(stage.name, stage.limit) for stage in rule.stages]
    else:
        assert rule is not None  # `has_limit` asks for one of the two
        limits = [_limit("", rule.limit)]
    found: dict[str, Any] = {"rule_id": rule.id if rule else None, "limits": limits}
    if context.row["unit_id"] is not None and limits != context.row["limits"]:
        # Filed again under another limit: whatever unit comes next, its clock starts anew.
        found |= {"unit_id": None, "unit_path": "", "limit_stage": 0}
    return Outcome(set=found)


@_effect
def give_unit(context: Context) -> Outcome:
    unit = units()[context.data["unit"]]
    return Outcome(
        set={
            "unit_id": unit.id,
            "unit_path": unit.path,
            "handler_id": None,
            # A return is answered by this dispatch; what comes back for rework stays marked.
            "returned_from": context.row["returned_from"]
            if context.row["returned_from"] == "awaiting_close"
            else "",
        }
    )


@_effect
def start_handling(context: Context) -> Outcome:
    """Start the handling clock, let it run on for the same unit, or start it anew for another."""
    row = context.row
    clock = context.clocks.get("handle")
    if clock is None or row["returned_from"] == "closed":
        return _started(context, "start")
    if context.data["unit"] == row["unit_id"]:
        # 返工 runs on from what was used; so does a case that comes back to the same unit.
        return Outcome(set=_unjudged(row), clocks=[("resume", "handle", None)])
    return _started(context, "start" if clock.ended_at is not None else "restart")


@_effect
def next_stage(context: Context) -> Outcome:
    """End the clock of this stage and start the next one's; a stage that was late stays late."""
    row = context.row
    stage = row["limit_stage"] + 1
    late = row["on_time"] is False or _late(context.clocks["handle"], context.at)
    return Outcome(
        set={"limit_stage": stage, "on_time": False if late else None},
        clocks=[("end", "handle", None), ("start", "handle", _limit_of(row, stage))],
        data={"stage": row["limits"][row["limit_stage"]]["name"]},
    )


@_effect
def decide_on_time(context: Context) -> Outcome:
    """Decide at this instant: the unit's own review counts, what follows does not."""
    late = context.row["on_time"] is False or _late(context.clocks["handle"], context.at)
    return Outcome(set={"on_time": not late})


@_effect
def judge_again(context: Context) -> Outcome:
    """Take back the verdict: it falls when handling is confirmed again."""
    return Outcome(set=_unjudged(context.row))


@_effect
def judge_forced(context: Context) -> Outcome:
    """A case forced to its end while its clock ran is late if it was late then, else unjudged."""
    clock = context.clocks.get("handle")
    if clock is None or clock.ended_at is not None or not _late(clock, context.at):
        return Outcome()
    return Outcome(set={"on_time": False})


@_effect
def extend_handling(context: Context) -> Outcome:
    """Add one original limit of the stage that runs."""
    params = _limit_of(context.row, context.row["limit_stage"])
    limit: Limit = params["limit"]
    return Outcome(clocks=[("extend", "handle", {"seconds": limit.seconds(context.calendar)})])


@_effect
def note_proof(context: Context) -> Outcome:
    """Keep every rule the machine closed by, as it found it."""
    return Outcome(data={"proof": proved(context).data()})


@_effect
def suspend(context: Context) -> Outcome:
    return Outcome(set={"suspended_until": datetime.fromisoformat(context.data["until"])})


@_effect
def oversee(context: Context) -> Outcome:
    return Outcome(
        set={
            "overseen": True,
            "oversight_level": max(1, context.row["oversight_level"]),
            "oversight_due_at": datetime.fromisoformat(context.data["answer_by"]),
        },
        data={"told": _clerks(context.row)},
    )


@_effect
def tell_urged(context: Context) -> Outcome | None:
    """Name whom the case waits for; its handler, who is urged himself, hears of it anyway."""
    row = context.row
    if row["state"] in ("verifying", "checking") and row["collector_id"] is not None:
        return Outcome(data={"told": [row["collector_id"]]})
    if row["state"] in ("awaiting_handling", "handled"):
        return Outcome(data={"told": _clerks(row)})
    return None


@_effect
def escalate(context: Context) -> Outcome:
    """Give the next rank a whole term of its own, counted from now, however late the timer came."""
    level = context.row["oversight_level"] + 1
    return Outcome(
        set={"oversight_level": level, "oversight_due_at": context.at + ESCALATE_AFTER},
        data={"level": level, "told": superiors(context.row, level)},
    )


@_effect
def join_main(context: Context) -> Outcome:
    """Stop the clocks that run, and remember which: unmerging wakes these and no others."""
    running = sorted(name for name, c in context.clocks.items() if c.running_since is not None)
    return Outcome(set={"held": running}, clocks=[("pause", name, None) for name in running])


@_effect
def leave_main(context: Context) -> Outcome:
    held = context.row["held"]
    return Outcome(set={"held": []}, clocks=[("resume", name, None) for name in held])


@_effect
def add_reports(context: Context) -> Outcome:
    row = context.row
    return Outcome(
        set={
            "reports": row["reports"] + context.data["reports"],
            "duplicates": row["duplicates"] + 1,
        }
    )


@_effect
def take_reports(context: Context) -> Outcome:
    row = context.row
    return Outcome(
        set={
            "reports": row["reports"] - context.data["reports"],
            "duplicates": row["duplicates"] - 1,
        }
    )


def _late(clock: ClockState, at: datetime) -> bool:
    return is_overdue(clock, int(at.timestamp()))


def _limit(name: str, limit: Limit) -> dict[str, str]:
    return {"name": name, "limit": limit_text(limit)}


def _limit_of(row: Mapping[str, Any], stage: int) -> dict[str, Any]:
    return {"limit": parse_limit(row["limits"][stage]["limit"])}


def _started(context: Context, op: str) -> Outcome:
    return Outcome(
        set={"limit_stage": 0, "on_time": None},
        clocks=[(op, "handle", _limit_of(context.row, 0))],
    )


def _unjudged(row: Mapping[str, Any]) -> dict[str, Any]:
    # With staged limits an earlier stage that was late keeps its verdict.
    return {} if row["limit_stage"] and row["on_time"] is False else {"on_time": None}


def _clerks(row: Mapping[str, Any]) -> list[int]:
    return managers_of([row["unit_id"]], row) if row["unit_id"] is not None else []

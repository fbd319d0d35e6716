"""What dispatching does beyond giving the unit: why it went there, and who else has a part in it.

Part of `effects.EFFECTS`. An ordinary dispatch by the duties records nothing here.
"""

from __future__ import annotations

from typing import Any

from chengguan.registry.domain.duty import Considered, Resolution
from chengguan.workflow.domain.procedure import Context, Effect, Outcome

from . import crossing
from .asked import resolved
from .domain.superiors import managers_of
from .guards_dispatch import is_asked_anew, pending_of

DISPATCH_EFFECTS: dict[str, Effect] = {}


def _effect(effect: Effect) -> Effect:
    DISPATCH_EFFECTS[effect.__name__] = effect
    return effect


@_effect
def note_precedent(context: Context) -> Outcome | None:
    """Remember the ruling that a dispatch followed: its uses are counted and shown with it."""
    if "override" in context.data or context.row["returned_from"] == "awaiting_close":
        return None
    line = winner(resolved(context))
    if line is None or line.precedent_id is None:
        return None
    return Outcome(data={"precedent": line.precedent_id})


@_effect
def note_trace(context: Context) -> Outcome:
    """Keep everything that the machine looked at, as it looked at it."""
    found = resolved(context)
    won = winner(found)
    data: dict[str, Any] = {"trace": trace_data(found)}
    if won is not None and won.precedent_id is not None:
        data["precedent"] = won.precedent_id
    return Outcome(data=data)


@_effect
def join_units(context: Context) -> Outcome | None:
    """Add the assisting units; a unit that becomes the lead assists no longer."""
    row, data = context.row, context.data
    asked = data.get("assist", [])
    if not asked and not row["assisting"]:
        return None
    lead = data.get("unit", row["unit_id"])
    assisting = [one for one in dict.fromkeys([*row["assisting"], *asked]) if one != lead]
    # Asked again: what it was asked for before it has done, what it is asked for now it has not.
    done = [one for one in row["assisted"] if one in assisting and one not in asked]
    found: dict[str, Any] = {"assisting": assisting, "assisted": done}
    if asked:
        found["await_assist"] = bool(data.get("await_assist", False))
    new = [one for one in asked if one in assisting]
    if not new:
        return Outcome(set=found)
    said: dict[str, Any] = {"told": managers_of(new, row)}
    joined = [one for one in new if is_asked_anew(row, one)]
    crossed = crossing.noted(row["area_code"], joined, context.at)
    if crossed:
        said[crossing.DATA] = crossed
    return Outcome(set=found, data=said)


@_effect
def finish_assist(context: Context) -> Outcome:
    """Mark the units that who acts speaks for; the lead's people hear of it."""
    done = pending_of(context)
    told = managers_of([context.row["unit_id"]], context.row)
    return Outcome(
        set={"assisted": [*context.row["assisted"], *done]}, data={"units": done, "told": told}
    )


@_effect
def release_assist(context: Context) -> Outcome:
    """Take a unit off the order; without any left nothing waits for them either."""
    row, gone = context.row, context.data["unit"]
    left = [one for one in row["assisting"] if one != gone]
    return Outcome(
        set={
            "assisting": left,
            "assisted": [one for one in row["assisted"] if one != gone],
            "await_assist": bool(left) and row["await_assist"],
        }
    )


def winner(found: Resolution) -> Considered | None:
    """Give the line of a resolution that decided it."""
    return next((line for line in found.trace if line.won), None)


def trace_data(found: Resolution) -> dict[str, Any]:
    """Give a resolution as an event keeps it: the answer, and every line that was looked at."""
    return {
        "status": found.status,
        "unit": found.organisation_id,
        "reason": found.reason,
        "area": found.area_code,
        "lines": [
            {
                "source": line.source,
                "won": line.won,
                "unit": line.organisation_id,
                "organisation": line.organisation,
                "reason": line.reason,
                "rule": rule_of(line),
                "duty": line.duty_id,
                "matter": line.matter_prefix,
                "area": line.area_code,
                "hours": line.hours,
                "basis": line.basis,
            }
            for line in found.trace
        ],
    }


def rule_of(line: Considered) -> str:
    """Name the rule a line stands for: the duty's code and version, the precedent, the owner."""
    if line.source == "duty":
        return f"{line.duty_code}@{line.version}"
    return f"precedent:{line.precedent_id}" if line.source == "precedent" else line.source

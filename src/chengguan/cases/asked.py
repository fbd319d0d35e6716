"""What a form asks about matter and place, who answers for the case, and what proves it solved.

For guards and effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from chengguan.registry.domain.duty import Resolution, resolve
from chengguan.workflow.domain.procedure import Context

from .places import Place, place_of
from .proof import Proof, weigh
from .stories import stories_of

# The guard that lets a step pass and the effect that records why ask the same question.
_LAST: Final[ContextVar[tuple[Context, Resolution] | None]] = ContextVar("resolved", default=None)
_PROOF: Final[ContextVar[tuple[Context, Proof] | None]] = ContextVar("proved", default=None)


def matter_of(context: Context) -> tuple[str, str]:
    """Give (kind, matter code) as the form sets it, else as the case has it."""
    row, data = context.row, context.data
    if "matter" not in data:
        return row["kind"], row["matter_code"]
    return data.get("kind") or row["kind"] or "matter", data["matter"]


def asked_place(context: Context) -> Place | None:
    """Give the place that the form names, None where it leaves the place alone.

    Raises:
        Invalid: the point is not one, or lies outside the city; the area is not ours.
    """
    data: Mapping[str, Any] = context.data
    if "point" not in data and "area" not in data:
        return None
    return place_of(data.get("point"), data.get("area", ""))


def resolved(context: Context) -> Resolution:
    """Give who answers for the case as it stands; asked once a step, however often it is read."""
    last = _LAST.get()
    if last is not None and last[0] is context:
        return last[1]
    row = context.row
    found = resolve(
        row["kind"],
        row["matter_code"],
        context.at,
        area_code=row["area_code"],
        component_code=row["component_code"],
    )
    _LAST.set((context, found))
    return found


def proved(context: Context) -> Proof:
    """Give what proves that the case is solved; read once a step, in two statements."""
    last = _PROOF.get()
    if last is not None and last[0] is context:
        return last[1]
    (story,) = stories_of([context.row])
    found = weigh(story, context.at)
    _PROOF.set((context, found))
    return found

"""The staged limits of a case: what was pinned when it was filed, which stage runs, which are done."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Case


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage with its limit as cities write it; `state` is done, running or ahead."""

    name: str
    limit: str
    state: str


def stages_of(case: Case) -> list[Stage]:
    """Give the stages of a filed case, one without a name where the limit has no stages."""
    begun = case.dispatched_at is not None
    over = case.handled_at is not None
    found = []
    for number, one in enumerate(case.limits):
        done = number < case.limit_stage or over
        running = begun and not done and number == case.limit_stage
        state = "done" if done else "running" if running else "ahead"
        found.append(Stage(one["name"], one["limit"], state))
    return found

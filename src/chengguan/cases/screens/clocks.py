"""The ledger of a case's clocks: limit, used, paused, due and light of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from chengguan.core.clock import ClockState, elapsed, is_overdue, light, paused_wall
from chengguan.core.worktime import CONTINUOUS, from_epoch
from chengguan.workflow.domain.calendars import all_calendars
from chengguan.workflow.domain.shape import Compiled
from chengguan.workflow.domain.timing import clocks_of

MODES = {"work": "工作时间", "continuous": "连续", "natural": "自然日"}


@dataclass(frozen=True)
class Reading:
    """One clock as shown; seconds are of its own mode's time, `paused` of the wall."""

    name: str
    title: str
    mode: str
    unit: str
    limit: int
    used: int
    paused: int
    round: int
    started_at: datetime
    ended_at: datetime | None
    due: datetime | None
    status: str
    light: str
    share: int


def readings(
    stored: Mapping[str, Any], definition: Compiled, at: datetime | None = None
) -> list[Reading]:
    """Return every clock of a row as read at `at` (now), in the definition's order."""
    now = int((at or timezone.now()).timestamp())
    clocks = clocks_of(stored)
    order = {name: position for position, name in enumerate(definition.clocks)}
    return [
        _reading(state, definition, now)
        for name, state in sorted(clocks.items(), key=lambda pair: order.get(pair[0], 99))
    ]


def _reading(state: ClockState, definition: Compiled, now: int) -> Reading:
    calendars = all_calendars()
    used = elapsed(state, now, calendars[state.calendar] if state.calendar else CONTINUOUS)
    spec = definition.clocks.get(state.name)
    late = is_overdue(state, now)
    return Reading(
        name=state.name,
        title=spec.title if spec else state.name,
        mode=MODES[state.mode],
        unit="work" if state.mode == "work" else "wall",
        limit=state.limit,
        used=used,
        paused=paused_wall(state, now),
        round=state.round,
        started_at=from_epoch(state.started_at),
        ended_at=from_epoch(state.ended_at) if state.ended_at is not None else None,
        due=from_epoch(state.due) if state.due is not None else None,
        status=_status(state),
        light="red" if late else str(light(state, now)),
        share=min(100, used * 100 // state.limit) if state.limit else 0,
    )


def _status(state: ClockState) -> str:
    if state.ended_at is not None:
        return "已结束"
    return "暂停中" if state.paused_since is not None else "计时中"

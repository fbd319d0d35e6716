"""The provable clock: stage clocks as a pure fold over effects and a calendar.

An effect is a plain record `(at, clock, op, params)` that an engine stores with
its event. The state after any prefix depends on nothing else, so a due time
can't move without an effect and an old reading can always be recomputed.

A late clock stays late: pausing or ending keeps a due instant that has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from chengguan.core.clock_state import (
    WARN_PERCENT,
    ClockFault,
    ClockRule,
    ClockState,
    Effect,
)
from chengguan.core.clock_steps import FRESH, STEPS, Hand
from chengguan.core.worktime import Calendar, elapsed_time

__all__ = [
    "OPS",
    "WARN_PERCENT",
    "ClockFault",
    "ClockRule",
    "ClockState",
    "Effect",
    "Light",
    "apply",
    "elapsed",
    "fold",
    "is_overdue",
    "light",
    "paused_wall",
    "remaining",
]

OPS: Final = tuple(STEPS)
_NONE: Final[Mapping[str, Any]] = {}


class Light(StrEnum):
    """红黄绿灯: up to 80 % of the limit green, up to 100 % yellow, beyond red."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def fold(
    effects: Iterable[Effect | tuple[int, str, str, Mapping[str, Any] | None]],
    calendar: Calendar,
    *,
    calendars: Mapping[str, Calendar] | None = None,
    initial: Mapping[str, ClockState] | None = None,
) -> dict[str, ClockState]:
    """Return the state of every clock after `effects`, in order of their time.

    `calendars` are those that effects name (shifts, versions of the city's
    calendar); a clock that names none runs on `calendar`. `initial` continues
    an earlier fold. Raises `ClockFault` on an impossible effect or one that
    is earlier than its predecessor, `CalendarExhausted` outside the coverage.
    """
    hands: dict[str, Hand] = {}
    last: int | None = None
    if initial:
        hands = {name: Hand(state) for name, state in initial.items()}
        last = max(hand.at for hand in hands.values())
    for at, name, op, params in effects:
        if last is not None and at < last:
            raise _order_fault(name, op, at, last)
        last = at
        hand = hands.get(name)
        if hand is None:
            hand = hands[name] = Hand.new(name, op, at)
        step = STEPS.get(op)
        if step is None:
            raise ClockFault("clock.op", f"未知的计时操作“{op}”。", clock=name, op=op, at=at)
        given = params or _NONE
        own = given.get("calendar")
        if own is None and op not in FRESH:
            own = hand.calendar
        step(hand, at, given, _pick(own, calendar, calendars) if own else calendar)
        hand.at = at
    return {name: hand.state() for name, hand in hands.items()}


def apply(
    state: ClockState | None,
    effect: Effect,
    calendar: Calendar,
    *,
    calendars: Mapping[str, Calendar] | None = None,
) -> ClockState:
    """Return one clock after one more effect; `state` None before its first start."""
    initial = {effect.clock: state} if state else None
    return fold((effect,), calendar, calendars=calendars, initial=initial)[effect.clock]


def elapsed(state: ClockState, now: int, calendar: Calendar) -> int:
    """Return the seconds of the limit's own time used by `now`, pauses left out."""
    if state.running_since is None:
        return state.used
    return state.used + elapsed_time(state.running_since, now, state.mode, calendar)


def remaining(state: ClockState, now: int, calendar: Calendar) -> int:
    """Return the seconds left of the limit; negative by how far it is exceeded."""
    return state.limit - elapsed(state, now, calendar)


def paused_wall(state: ClockState, now: int) -> int:
    """Return the wall seconds paused since the start, the current pause included."""
    if state.paused_since is None:
        return state.paused_total_wall
    return state.paused_total_wall + now - state.paused_since


def is_overdue(state: ClockState, now: int) -> bool:
    """Say whether the clock is late: `now`, or its end if it has ended, is past due.

    A comparison of instants: at 20:00 work that was due at the 18:00 close is
    late, though no working second has passed since.
    """
    if state.due is None:
        return False
    return (now if state.ended_at is None else state.ended_at) > state.due


def light(state: ClockState, now: int) -> Light:
    """Return the light at `now`, or at the clock's end if it has ended."""
    if state.due is None or state.warn is None:
        if state.used * 100 <= state.limit * state.warn_percent:
            return Light.GREEN
        return Light.YELLOW if state.used <= state.limit else Light.RED
    at = now if state.ended_at is None else state.ended_at
    if at > state.due:
        return Light.RED
    return Light.GREEN if at <= state.warn else Light.YELLOW


def _pick(name: str, default: Calendar, calendars: Mapping[str, Calendar] | None) -> Calendar:
    if calendars and name in calendars:
        return calendars[name]
    if name == default.name:
        return default
    raise ClockFault(
        "clock.calendar",
        f"找不到工作日历“{name}”。",
        mend="请恢复该日历，或为相关时限另选日历。",
        calendar=name,
    )


def _order_fault(name: str, op: str, at: int, last: int) -> ClockFault:
    return ClockFault(
        "clock.order",
        f"计时“{name}”的操作“{op}”早于上一次操作，时间不能倒流。",
        mend="请核对操作时间与服务器时钟。",
        clock=name,
        op=op,
        at=at,
        last=last,
    )

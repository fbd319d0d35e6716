"""The steps a stage clock can take; `core.clock.fold` is the only caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chengguan.core.clock_state import WARN_PERCENT, ClockFault, ClockState
from chengguan.core.worktime import Calendar, ClockMode, add_time, elapsed_time


class Hand:
    """A clock being folded; mutable, because a fold makes thousands of steps."""

    __slots__ = ClockState._fields

    name: str
    mode: ClockMode
    limit: int
    used: int
    running_since: int | None
    paused_since: int | None
    paused_total_wall: int
    started_at: int
    ended_at: int | None
    due: int | None
    warn: int | None
    at: int
    round: int
    warn_percent: int
    calendar: str

    def __init__(self, state: ClockState) -> None:
        (
            self.name,
            self.mode,
            self.limit,
            self.used,
            self.running_since,
            self.paused_since,
            self.paused_total_wall,
            self.started_at,
            self.ended_at,
            self.due,
            self.warn,
            self.at,
            self.round,
            self.warn_percent,
            self.calendar,
        ) = state

    @classmethod
    def new(cls, name: str, op: str, at: int) -> Hand:
        if op != "start":
            raise ClockFault(
                "clock.not_started",
                f"计时“{name}”尚未开始，不能执行“{op}”。",
                clock=name,
                op=op,
                at=at,
            )
        hand = cls.__new__(cls)
        hand.name = name
        # Ended in round 0, so that the first start is like any later one.
        hand.ended_at = at
        hand.round = 0
        return hand

    def state(self) -> ClockState:
        return ClockState(
            self.name,
            self.mode,
            self.limit,
            self.used,
            self.running_since,
            self.paused_since,
            self.paused_total_wall,
            self.started_at,
            self.ended_at,
            self.due,
            self.warn,
            self.at,
            self.round,
            self.warn_percent,
            self.calendar,
        )


def _start(hand: Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.ended_at is None:
        raise _state_fault(hand, "start", at)
    hand.warn_percent = WARN_PERCENT
    hand.limit = _required(hand, "limit", at, params)
    hand.mode = params.get("mode", "work")
    hand.calendar = ""
    _begin(hand, at, params, calendar)


def _restart(hand: Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    hand.limit = int(params.get("limit", hand.limit))
    hand.mode = params.get("mode", hand.mode)
    _begin(hand, at, params, calendar)


def _begin(hand: Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.limit < 0:
        raise ClockFault("clock.limit", "时限不能为负数。", clock=hand.name, at=at)
    hand.warn_percent = params.get("warn", hand.warn_percent)
    hand.calendar = params.get("calendar", hand.calendar)
    hand.used = hand.paused_total_wall = 0
    hand.paused_since = hand.ended_at = None
    hand.started_at = at
    hand.running_since = calendar.arrival(at) if hand.mode == "work" else at
    hand.round += 1
    _aim(hand, calendar)


def _pause(hand: Hand, at: int, _params: Mapping[str, Any], calendar: Calendar) -> None:
    _stop(hand, at, "pause", calendar)
    hand.paused_since = at


def _resume(hand: Hand, at: int, _params: Mapping[str, Any], calendar: Calendar) -> None:
    # An ended clock may resume too: 返工 runs on from what was used, and the
    # time between the end and the rework counts as paused.
    since = hand.ended_at if hand.paused_since is None else hand.paused_since
    if since is None:
        raise _state_fault(hand, "resume", at)
    hand.paused_total_wall += at - since
    hand.paused_since = hand.ended_at = None
    hand.running_since = at
    if hand.due is None or since <= hand.due:
        _aim(hand, calendar)


def _extend(hand: Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.ended_at is not None:
        raise _state_fault(hand, "extend", at)
    seconds = _required(hand, "seconds", at, params)
    if seconds < 0:
        raise ClockFault("clock.limit", "延期时长不能为负数。", clock=hand.name, at=at)
    hand.limit += seconds
    if hand.running_since is not None:
        _aim(hand, calendar)
    elif hand.used < hand.limit:
        hand.due = hand.warn = None


def _recalendar(hand: Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.ended_at is not None:
        raise _state_fault(hand, "recalendar", at)
    hand.calendar = params.get("calendar", "")
    if hand.running_since is not None:
        _aim(hand, calendar)


def _end(hand: Hand, at: int, _params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.paused_since is not None:
        hand.paused_total_wall += at - hand.paused_since
        hand.paused_since = None
    else:
        due, warn = hand.due, hand.warn
        _stop(hand, at, "end", calendar)
        hand.due, hand.warn = due, warn
    hand.ended_at = at


def _stop(hand: Hand, at: int, op: str, calendar: Calendar) -> None:
    if hand.running_since is None:
        raise _state_fault(hand, op, at)
    hand.used += elapsed_time(hand.running_since, at, hand.mode, calendar)
    hand.running_since = None
    if hand.due is not None and at <= hand.due:
        hand.due = hand.warn = None


def _aim(hand: Hand, calendar: Calendar) -> None:
    since = hand.running_since
    if since is None:
        return
    # Green while used * 100 <= limit * percent, in whole seconds.
    green = hand.limit * hand.warn_percent // 100
    left = hand.limit - hand.used if hand.limit > hand.used else 0
    fair = green - hand.used if green > hand.used else 0
    if hand.mode == "work":
        hand.warn, hand.due = calendar.marks(since, fair, left)
    else:
        hand.due = add_time(since, left, hand.mode, calendar)
        hand.warn = add_time(since, fair, hand.mode, calendar)


STEPS: Final = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "restart": _restart,
    "extend": _extend,
    "recalendar": _recalendar,
    "end": _end,
}
# These take the default calendar when they name none.
FRESH: Final = frozenset({"start", "recalendar"})


def _required(hand: Hand, key: str, at: int, params: Mapping[str, Any]) -> int:
    value = params.get(key)
    if not isinstance(value, int):
        raise ClockFault("clock.params", f"计时“{hand.name}”缺少参数 {key}（整数秒）。", at=at)
    return value


def _state_fault(hand: Hand, op: str, at: int) -> ClockFault:
    if hand.ended_at is not None:
        now = "已结束"
    elif hand.paused_since is not None:
        now = "已暂停"
    else:
        now = "正在计时"
    return ClockFault(
        "clock.state",
        f"计时“{hand.name}”{now}，不能执行“{op}”。",
        clock=hand.name,
        op=op,
        at=at,
    )

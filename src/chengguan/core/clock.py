"""The provable clock: stage clocks as a pure fold over effects and a calendar.

An effect is a plain record `(at, clock, op, params)` that an engine stores with
its event. The state after any prefix depends on nothing else, so a due time
can't move without an effect and an old reading can always be recomputed.

A late clock stays late: pausing or ending keeps a due instant that has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from chengguan.core.errors import Conflict
from chengguan.core.worktime import Calendar, ClockMode, add_time, elapsed_time

WARN_PERCENT: Final = 80


class Light(StrEnum):
    """红黄绿灯: up to 80 % of the limit green, up to 100 % yellow, beyond red."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class ClockFault(Conflict):
    """An effect that the clock's state or the order of time does not allow (409)."""


class Effect(NamedTuple):
    """One thing that happened to one clock.

    `at` epoch seconds; `op` one of `OPS`; `params` JSON-able: start takes
    `limit` (seconds), `mode`, and optionally `warn` (percent) and `calendar`;
    restart the same, each defaulting to what was; extend takes `seconds`;
    recalendar takes `calendar`.
    """

    at: int
    clock: str
    op: str
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ClockRule:
    """How a stage is timed: its limit in seconds of the mode's own time."""

    name: str
    limit_seconds: int
    mode: ClockMode = "work"
    warn_percent: int = WARN_PERCENT
    calendar: str = ""

    def start(self, at: int) -> Effect:
        """Return the effect that starts this clock."""
        params: dict[str, Any] = {"limit": self.limit_seconds, "mode": self.mode}
        if self.warn_percent != WARN_PERCENT:
            params["warn"] = self.warn_percent
        if self.calendar:
            params["calendar"] = self.calendar
        return Effect(at, self.name, "start", params)


class ClockState(NamedTuple):
    """A clock as of its last effect; all instants are epoch seconds.

    `used` counts seconds of the mode's time up to `running_since` (or in all,
    when not running); `paused_total_wall` counts wall seconds of the finished
    pauses since `started_at`; `round` counts starts and restarts. `due` and
    `warn` are the last instants that are still on time and still green. While
    paused both are None, unless the due instant had already passed.
    """

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
    round: int = 1
    warn_percent: int = WARN_PERCENT
    calendar: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a small dict for a jsonb column; members without a value are left out."""
        full = self._asdict()
        return {key: full[key] for key in full if full[key] != _ABSENT.get(key)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClockState:
        """Read back what `to_json` wrote."""
        return cls(**{**_ABSENT, **data})


_ABSENT: Final[dict[str, Any]] = {
    "running_since": None,
    "paused_since": None,
    "paused_total_wall": 0,
    "ended_at": None,
    "due": None,
    "warn": None,
    "round": 1,
    "warn_percent": WARN_PERCENT,
    "calendar": "",
}


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
    hands = {name: _Hand(state) for name, state in (initial or {}).items()}
    last = max((hand.at for hand in hands.values()), default=None)
    for at, name, op, params in effects:
        if last is not None and at < last:
            raise _order_fault(name, op, at, last)
        last = at
        hand = hands.get(name)
        if hand is None:
            hand = hands[name] = _Hand.new(name, op, at)
        step = _STEPS.get(op)
        if step is None:
            raise ClockFault("clock.op", f"未知的计时操作“{op}”。", clock=name, op=op, at=at)
        given = params or _NONE
        own = given.get("calendar")
        if own is None and op not in _FRESH:
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


class _Hand:
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
    def new(cls, name: str, op: str, at: int) -> _Hand:
        if op != "start":
            raise ClockFault(
                "clock.not_started",
                f"计时“{name}”尚未开始，不能执行“{op}”。",
                clock=name,
                op=op,
                at=at,
            )
        # Ended and in round 0, so that the first start is like any later one.
        return cls(ClockState(name, "work", 0, 0, None, None, 0, at, at, None, None, at, 0))

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


def _start(hand: _Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.ended_at is None:
        raise _state_fault(hand, "start", at)
    hand.warn_percent = WARN_PERCENT
    hand.limit = _required(hand, "limit", at, params)
    hand.mode = params.get("mode", "work")
    hand.calendar = ""
    _begin(hand, at, params, calendar)


def _restart(hand: _Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    hand.limit = int(params.get("limit", hand.limit))
    hand.mode = params.get("mode", hand.mode)
    _begin(hand, at, params, calendar)


def _begin(hand: _Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.limit < 0:
        raise ClockFault("clock.limit", "时限不能为负数。", clock=hand.name, at=at)
    hand.warn_percent = params.get("warn", hand.warn_percent)
    hand.calendar = params.get("calendar", hand.calendar)
    hand.used = hand.paused_total_wall = 0
    hand.paused_since = hand.ended_at = None
    hand.started_at = hand.running_since = at
    hand.round += 1
    _aim(hand, calendar)


def _pause(hand: _Hand, at: int, _params: Mapping[str, Any], calendar: Calendar) -> None:
    _stop(hand, at, "pause", calendar)
    hand.paused_since = at


def _resume(hand: _Hand, at: int, _params: Mapping[str, Any], calendar: Calendar) -> None:
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


def _extend(hand: _Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.ended_at is not None:
        raise _state_fault(hand, "extend", at)
    seconds = _required(hand, "seconds", at, params)
    if seconds < 0:
        raise ClockFault("clock.limit", "延期时长不能为负数。", clock=hand.name, at=at)
    hand.limit += seconds
    if hand.running_since is not None:
        _aim(hand, calendar)
    elif hand.used <= hand.limit:
        hand.due = hand.warn = None


def _recalendar(hand: _Hand, at: int, params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.ended_at is not None:
        raise _state_fault(hand, "recalendar", at)
    hand.calendar = params.get("calendar", "")
    if hand.running_since is not None:
        _aim(hand, calendar)


def _end(hand: _Hand, at: int, _params: Mapping[str, Any], calendar: Calendar) -> None:
    if hand.paused_since is not None:
        hand.paused_total_wall += at - hand.paused_since
        hand.paused_since = None
    else:
        due, warn = hand.due, hand.warn
        _stop(hand, at, "end", calendar)
        hand.due, hand.warn = due, warn
    hand.ended_at = at


def _stop(hand: _Hand, at: int, op: str, calendar: Calendar) -> None:
    if hand.running_since is None:
        raise _state_fault(hand, op, at)
    hand.used += elapsed_time(hand.running_since, at, hand.mode, calendar)
    hand.running_since = None
    if hand.due is not None and at <= hand.due:
        hand.due = hand.warn = None


def _aim(hand: _Hand, calendar: Calendar) -> None:
    since = hand.running_since
    if since is None:
        return
    # Green while used * 100 <= limit * percent, in whole seconds.
    green = hand.limit * hand.warn_percent // 100
    hand.due = add_time(since, max(0, hand.limit - hand.used), hand.mode, calendar)
    hand.warn = add_time(since, max(0, green - hand.used), hand.mode, calendar)


_STEPS: Final = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "restart": _restart,
    "extend": _extend,
    "recalendar": _recalendar,
    "end": _end,
}
# These take the default calendar when they name none.
_FRESH: Final = frozenset({"start", "recalendar"})
OPS: Final = tuple(_STEPS)
_NONE: Final[Mapping[str, Any]] = {}


def _required(hand: _Hand, key: str, at: int, params: Mapping[str, Any]) -> int:
    value = params.get(key)
    if not isinstance(value, int):
        raise ClockFault("clock.params", f"计时“{hand.name}”缺少参数 {key}（整数秒）。", at=at)
    return value


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


def _state_fault(hand: _Hand, op: str, at: int) -> ClockFault:
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

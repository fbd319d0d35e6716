"""The laws of the clock, held against a slow model that walks every interval."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengguan.core.clock import ClockState, Effect, apply, elapsed, fold, is_overdue, paused_wall
from chengguan.core.worktime import Calendar

INTERVALS = [(day * 100 + a, day * 100 + b) for day in range(40) for a, b in ((10, 40), (50, 80))]
CALENDAR = Calendar("c", "UTC", INTERVALS, cover=(-100_000, 1_000_000))


def open_seconds(a: int, b: int) -> int:
    return sum(max(0, min(b, end) - max(a, start)) for start, end in INTERVALS if start < b)


def due_by_walking(at: int, seconds: int, mode: str) -> int:
    if mode != "work" or seconds == 0:
        return at + seconds
    for start, end in INTERVALS:
        here = max(0, end - max(at, start))
        if here >= seconds:
            return max(at, start) + seconds
        seconds -= here
    raise AssertionError("the walk left the calendar")


@dataclass
class Model:
    """A clock told by its spans: when it ran, when it was paused."""

    mode: str
    limit: int
    started: int
    ran: list[tuple[int, int]] = field(default_factory=list)
    paused: list[tuple[int, int]] = field(default_factory=list)
    running: int | None = None
    still: int | None = None
    ended: bool = False
    due: int | None = None

    def used(self) -> int:
        if self.mode == "work":
            return sum(open_seconds(a, b) for a, b in self.ran)
        return sum(b - a for a, b in self.ran)

    def idle_since(self) -> int:
        # The due instant that pausing kept had passed at the pause itself.
        return self.still if self.ended and self.still is not None else self.ran[-1][1]

    def aim(self, at: int) -> None:
        self.due = due_by_walking(at, max(0, self.limit - self.used()), self.mode)

    def take(self, at: int, op: str, params: dict[str, Any]) -> None:
        if op in {"pause", "end"}:
            if self.running is not None:
                self.ran.append((self.running, at))
                late = self.due is not None and at > self.due
                self.due = self.due if late or op == "end" else None
                self.running, self.still = None, at
            elif self.still is not None:
                self.paused.append((self.still, at))
                self.still = at
            self.ended = op == "end"
        elif op == "resume":
            assert self.still is not None
            self.paused.append((self.still, at))
            late = self.due is not None and self.idle_since() > self.due
            self.running, self.still, self.ended = at, None, False
            if not late:
                self.aim(at)
        elif op == "extend":
            self.limit += params["seconds"]
            if self.running is not None:
                self.aim(self.running)
            elif self.used() < self.limit:
                self.due = None


def choices(state: ClockState) -> list[str]:
    if state.ended_at is not None:
        return ["resume", "start", "restart"]
    if state.paused_since is not None:
        return ["resume", "extend", "end", "restart"]
    return ["pause", "pause", "extend", "end", "restart"]


def make(draw: random.Random, length: int) -> list[Effect]:
    """Draw a possible sequence on two clocks, times rising, often equal or at an edge."""
    at, effects = draw.randrange(0, 100), []
    states: dict[str, ClockState] = {}
    for _ in range(length):
        at += draw.choice((0, 1, 10, draw.randrange(0, 120)))
        name = draw.choice(("accept", "handle"))
        state = states.get(name)
        op = draw.choice(choices(state)) if state else "start"
        params: dict[str, Any] | None = None
        if op in {"start", "restart"}:
            params = {"limit": draw.choice((0, 1, 30, draw.randrange(0, 300)))}
            params["mode"] = draw.choice(("work", "work", "continuous"))
        elif op == "extend":
            params = {"seconds": draw.randrange(0, 100)}
        effect = Effect(at, name, op, params)
        effects.append(effect)
        states[name] = apply(state, effect, CALENDAR)
    return effects


def check(effects: list[Effect]) -> None:
    states: dict[str, ClockState] = {}
    models: dict[str, Model] = {}
    for effect in effects:
        at, name, op, params = effect
        before = dict(states)
        states[name] = state = apply(states.get(name), effect, CALENDAR)
        if op in {"start", "restart"}:
            assert params is not None
            models[name] = Model(params["mode"], params["limit"], at, running=at)
            models[name].aim(at)
        else:
            models[name].take(at, op, dict(params or {}))
        model = models[name]
        # Nothing but this clock moved.
        assert {k: v for k, v in states.items() if k != name} == {
            k: v for k, v in before.items() if k != name
        }
        assert state.due == model.due
        assert state.used == model.used()
        # Elapsed and paused time make up the wall time since the start.
        running = [] if model.running is None else [(model.running, at)]
        pausing = [] if model.still is None else [(model.still, at)]
        idle = model.paused + pausing
        assert sum(b - a for a, b in idle) == paused_wall(state, at)
        assert sum(b - a for a, b in model.ran + running + idle) == at - state.started_at
        # In the calendar's terms: used = open time - open time while paused.
        if model.mode == "work":
            shut = sum(open_seconds(a, b) for a, b in idle)
            assert elapsed(state, at, CALENDAR) + shut == open_seconds(state.started_at, at)
        assert is_overdue(state, at) is (model.due is not None and at > model.due)
    assert fold(effects, CALENDAR) == states


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@settings(max_examples=300, deadline=None)
def test_the_laws_hold(draw: random.Random, length: int) -> None:
    check(make(draw, length))


@given(st.randoms(use_true_random=False), st.integers(2, 12))
@settings(max_examples=200, deadline=None)
def test_a_prefix_gives_the_same_past(draw: random.Random, length: int) -> None:
    effects = make(draw, length)
    for cut in range(1, length):
        past = fold(effects[:cut], CALENDAR)
        assert fold(effects[cut:], CALENDAR, initial=past) == fold(effects, CALENDAR)
        # What comes later can't be seen from here.
        assert fold(make_twin(effects, cut), CALENDAR) == past


def make_twin(effects: list[Effect], cut: int) -> list[tuple[Any, ...]]:
    """The same past, as read back from storage."""
    return [tuple(effect) for effect in effects[:cut]]


@pytest.mark.slow  # 100,000 sequences, each also walked second by second: about a minute
def test_a_hundred_thousand_random_sequences() -> None:
    draw = random.Random(20261123)
    for _ in range(100_000):
        check(make(draw, draw.randrange(1, 9)))

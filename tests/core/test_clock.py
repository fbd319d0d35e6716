"""Stage clocks: each step, what it refuses, and the lights."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chengguan.core.clock import (
    ClockFault,
    ClockRule,
    ClockState,
    Effect,
    Light,
    apply,
    elapsed,
    fold,
    is_overdue,
    light,
    paused_wall,
    remaining,
)
from chengguan.core.worktime import CONTINUOUS, Calendar, CalendarExhausted, to_epoch

from .test_calendar import BOSTON, CITY, boston, china

HOUR = 3600


def run(*effects: tuple[Any, ...], calendar: Calendar = CITY) -> ClockState:
    full = [Effect(at, "handle", op, *rest) for at, op, *rest in effects]
    return fold(full, calendar)["handle"]


def start(at: int, hours: float, mode: str = "work") -> tuple[Any, ...]:
    return at, "start", {"limit": int(hours * HOUR), "mode": mode}


MONDAY_17 = china(2026, 11, 23, 17)


def test_the_two_worked_examples() -> None:
    assert run(start(MONDAY_17, 4)).due == china(2026, 11, 24, 11)
    urgent = run(start(china(2026, 11, 23, 22, 36), 2, "continuous"))
    assert urgent.due == china(2026, 11, 24, 0, 36)


def test_a_started_clock() -> None:
    state = run(start(MONDAY_17, 5))
    assert state == ClockState(
        name="handle",
        mode="work",
        limit=5 * HOUR,
        used=0,
        running_since=MONDAY_17,
        paused_since=None,
        paused_total_wall=0,
        started_at=MONDAY_17,
        ended_at=None,
        due=china(2026, 11, 24, 12),
        warn=china(2026, 11, 24, 11),
        at=MONDAY_17,
    )
    assert elapsed(state, china(2026, 11, 24, 9), CITY) == 2 * HOUR
    assert remaining(state, china(2026, 11, 24, 9), CITY) == 3 * HOUR
    assert remaining(state, china(2026, 11, 24, 15), CITY) == -HOUR


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (MONDAY_17, Light.GREEN),
        (china(2026, 11, 24, 11), Light.GREEN),
        (china(2026, 11, 24, 11) + 1, Light.YELLOW),
        (china(2026, 11, 24, 12), Light.YELLOW),
        # At lunch no working second passes, yet what was due at noon is late.
        (china(2026, 11, 24, 12) + 1, Light.RED),
        (china(2026, 11, 24, 14, 0, 1), Light.RED),
    ],
)
def test_lights_change_at_80_and_100_percent(now: int, expected: Light) -> None:
    state = run(start(MONDAY_17, 5))
    assert light(state, now) is expected
    assert is_overdue(state, now) is (expected is Light.RED)


def test_a_limit_of_zero_is_late_one_second_on() -> None:
    state = run(start(MONDAY_17, 0))
    assert (state.due, state.warn) == (MONDAY_17, MONDAY_17)
    assert light(state, MONDAY_17) is Light.GREEN
    assert light(state, MONDAY_17 + 1) is Light.RED


def test_a_paused_clock_has_no_due_instant_and_resumes_with_what_is_left() -> None:
    paused = run(start(MONDAY_17, 4), (china(2026, 11, 24, 9), "pause"))
    assert (paused.due, paused.warn, paused.used) == (None, None, 2 * HOUR)
    assert light(paused, china(2027, 5, 1)) is Light.GREEN
    assert paused_wall(paused, china(2026, 11, 24, 10)) == HOUR
    resumed = apply(paused, Effect(china(2026, 11, 25, 8), "handle", "resume"), CITY)
    assert resumed.due == china(2026, 11, 25, 10)
    assert resumed.paused_total_wall == paused_wall(resumed, 0) == 23 * HOUR


def test_a_paused_light_is_read_from_what_was_used() -> None:
    yellow = run(start(china(2026, 11, 24, 8), 2), (china(2026, 11, 24, 9, 50), "pause"))
    assert light(yellow, china(2026, 12, 1)) is Light.YELLOW


def test_a_late_clock_stays_late_through_pause_and_resume() -> None:
    # Due at close, paused two hours later: no working second lies between.
    late = run(start(MONDAY_17, 1), (MONDAY_17 + 3 * HOUR, "pause"))
    assert (late.due, late.used) == (MONDAY_17 + HOUR, HOUR)
    assert is_overdue(late, MONDAY_17 + 4 * HOUR)
    assert light(late, MONDAY_17 + 4 * HOUR) is Light.RED
    again = apply(late, Effect(china(2026, 11, 25, 9), "handle", "resume"), CITY)
    assert again.due == MONDAY_17 + HOUR
    assert is_overdue(again, china(2026, 11, 25, 9))


def test_an_extension_moves_the_due_instant_by_its_length() -> None:
    state = run(start(MONDAY_17, 4), (china(2026, 11, 24, 9), "extend", {"seconds": 4 * HOUR}))
    assert state.due == china(2026, 11, 24, 17)
    assert state.limit == 8 * HOUR
    paused = run(
        start(MONDAY_17, 4),
        (china(2026, 11, 24, 9), "pause"),
        (china(2026, 11, 24, 9), "extend", {"seconds": 4 * HOUR}),
        (china(2026, 11, 24, 10), "resume"),
    )
    assert paused.due == china(2026, 11, 24, 18)


def test_an_extension_while_paused_lifts_an_earlier_lateness() -> None:
    state = run(
        start(MONDAY_17, 1),
        (MONDAY_17 + 3 * HOUR, "pause"),
        (MONDAY_17 + 3 * HOUR, "extend", {"seconds": HOUR}),
    )
    assert state.due is None
    assert not is_overdue(state, MONDAY_17 + 9 * HOUR)


def test_an_extension_by_nothing_lifts_no_lateness() -> None:
    state = run(
        start(MONDAY_17, 1),
        (MONDAY_17 + 3 * HOUR, "pause"),
        (MONDAY_17 + 3 * HOUR, "extend", {"seconds": 0}),
    )
    assert is_overdue(state, MONDAY_17 + 3 * HOUR)


def test_another_unit_starts_afresh() -> None:
    state = run(
        start(MONDAY_17, 4),
        (china(2026, 11, 24, 9), "pause"),
        (china(2026, 11, 24, 10), "restart", {"limit": 2 * HOUR}),
    )
    assert (state.due, state.used, state.round) == (china(2026, 11, 24, 12), 0, 2)
    assert (state.started_at, state.paused_total_wall) == (china(2026, 11, 24, 10), 0)
    same_limit = run(start(MONDAY_17, 4, "continuous"), (MONDAY_17 + HOUR, "restart"))
    assert (same_limit.due, same_limit.mode) == (MONDAY_17 + 5 * HOUR, "continuous")


def test_the_end_decides_between_on_time_and_late() -> None:
    on_time = run(start(MONDAY_17, 1), (MONDAY_17 + HOUR, "end"))
    assert not is_overdue(on_time, MONDAY_17 + 99 * HOUR)
    assert light(on_time, MONDAY_17 + 99 * HOUR) is Light.YELLOW
    late = run(start(MONDAY_17, 1), (MONDAY_17 + HOUR + 1, "end"))
    assert is_overdue(late, MONDAY_17)
    assert late.used == HOUR
    while_paused = run(
        start(MONDAY_17, 1), (MONDAY_17 + 60, "pause"), (MONDAY_17 + 9 * HOUR, "end")
    )
    assert not is_overdue(while_paused, MONDAY_17 + 99 * HOUR)
    assert while_paused.paused_total_wall == 9 * HOUR - 60


def test_rework_runs_on_from_what_was_used() -> None:
    state = run(
        start(china(2026, 11, 24, 8), 4),
        (china(2026, 11, 24, 10), "end"),
        (china(2026, 11, 25, 14), "resume"),
    )
    assert (state.used, state.due, state.round) == (2 * HOUR, china(2026, 11, 25, 16), 1)
    late = run(
        start(china(2026, 11, 24, 8), 1),
        (china(2026, 11, 24, 10), "end"),
        (china(2026, 11, 25, 14), "resume"),
    )
    assert late.due == china(2026, 11, 24, 9)
    assert is_overdue(late, china(2026, 11, 25, 14))


def test_an_ended_clock_may_start_a_new_round() -> None:
    state = run(
        start(MONDAY_17, 1), (MONDAY_17 + 60, "end"), start(MONDAY_17 + 120, 1, "continuous")
    )
    assert (state.round, state.used, state.due) == (2, 0, MONDAY_17 + 120 + HOUR)


def test_another_calendar_moves_the_due_instant_by_an_effect_of_its_own() -> None:
    effects = [
        ClockRule("handle", 4 * HOUR).start(MONDAY_17),
        Effect(MONDAY_17 + 60, "handle", "recalendar", {"calendar": "夜班"}),
        Effect(MONDAY_17 + 120, "handle", "pause"),
        Effect(MONDAY_17 + 180, "handle", "resume"),
    ]
    night = Calendar("夜班", "UTC", [(MONDAY_17 - 60, MONDAY_17 + 9 * HOUR)])
    state = fold(effects, CITY, calendars={"夜班": night})["handle"]
    assert (state.calendar, state.due) == ("夜班", MONDAY_17 + 4 * HOUR + 60)
    with pytest.raises(ClockFault) as caught:
        fold(effects, CITY)
    assert caught.value.code == "clock.calendar"


def test_a_new_round_returns_to_the_default_calendar() -> None:
    rule = ClockRule("handle", HOUR, calendar="c", warn_percent=50)
    effects = [
        rule.start(MONDAY_17),
        Effect(MONDAY_17, "handle", "end"),
        ClockRule("handle", HOUR).start(MONDAY_17),
    ]
    first = fold(effects[:1], CITY, calendars={"c": CONTINUOUS})["handle"]
    assert (first.calendar, first.warn_percent, first.warn) == ("c", 50, MONDAY_17 + 1800)
    last = fold(effects, CITY, calendars={"c": CONTINUOUS})["handle"]
    assert (last.calendar, last.warn_percent, last.round) == ("", 80, 2)


def test_natural_days_end_at_the_same_wall_time_over_a_change_of_the_clock() -> None:
    state = run(start(boston(2026, 3, 7, 12), 24, "natural"), calendar=BOSTON)
    assert state.due == boston(2026, 3, 8, 12)
    paused = run(
        start(boston(2026, 10, 31, 12), 48, "natural"),
        (boston(2026, 11, 1, 12), "pause"),
        (boston(2026, 11, 5, 12), "resume"),
        calendar=BOSTON,
    )
    assert (paused.used, paused.due) == (24 * HOUR, boston(2026, 11, 6, 12))


@pytest.mark.parametrize(
    ("before", "op"),
    [
        ([], "start"),
        ([], "resume"),
        (["pause"], "pause"),
        (["pause"], "start"),
        (["pause", "resume"], "resume"),
        (["end"], "pause"),
        (["end"], "end"),
        (["end"], "extend"),
        (["end"], "recalendar"),
        (["pause", "end"], "end"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(before: list[str], op: str) -> None:
    state = run(start(MONDAY_17, 1), *((MONDAY_17, step) for step in before))
    params = {"limit": 1, "seconds": 1, "calendar": ""}
    with pytest.raises(ClockFault) as caught:
        apply(state, Effect(MONDAY_17, "handle", op, params), CITY)
    assert (caught.value.code, caught.value.status) == ("clock.state", 409)


@pytest.mark.parametrize("op", ["pause", "resume", "restart", "extend", "end"])
def test_nothing_comes_before_the_start(op: str) -> None:
    with pytest.raises(ClockFault) as caught:
        apply(None, Effect(0, "handle", op), CITY)
    assert caught.value.code == "clock.not_started"


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        (Effect(MONDAY_17 + 60, "handle", "reset"), "clock.op"),
        (Effect(MONDAY_17 + 60, "handle", "extend"), "clock.params"),
        (Effect(MONDAY_17 + 60, "handle", "extend", {"seconds": -1}), "clock.limit"),
        (Effect(MONDAY_17 + 60, "handle", "restart", {"limit": -1}), "clock.limit"),
        (Effect(MONDAY_17 - 1, "handle", "pause"), "clock.order"),
    ],
)
def test_impossible_effects_are_refused(effect: Effect, code: str) -> None:
    with pytest.raises(ClockFault) as caught:
        apply(run(start(MONDAY_17, 1)), effect, CITY)
    assert caught.value.code == code


def test_order_holds_between_clocks_too() -> None:
    effects = [
        ClockRule("accept", 900, "continuous").start(MONDAY_17),
        ClockRule("handle", 900).start(MONDAY_17 - 1),
    ]
    with pytest.raises(ClockFault) as caught:
        fold(effects, CITY)
    assert caught.value.code == "clock.order"


def test_a_due_instant_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(CalendarExhausted):
        run(start(china(2026, 12, 31, 17), 2))


def test_states_go_through_json() -> None:
    for state in (
        run(start(MONDAY_17, 4)),
        run(start(MONDAY_17, 4), (MONDAY_17 + 60, "pause")),
        run(start(MONDAY_17, 4), (MONDAY_17 + 60, "end"), (MONDAY_17 + 90, "resume")),
    ):
        assert ClockState.from_json(json.loads(json.dumps(state.to_json()))) == state
    assert run(start(MONDAY_17, 4), (MONDAY_17 + 60, "pause")).to_json() == {
        "name": "handle",
        "mode": "work",
        "limit": 14400,
        "used": 60,
        "paused_since": MONDAY_17 + 60,
        "started_at": MONDAY_17,
        "at": MONDAY_17 + 60,
    }


def test_effects_go_through_json() -> None:
    effects = [ClockRule("handle", HOUR).start(MONDAY_17), Effect(MONDAY_17, "handle", "end")]
    stored = json.loads(json.dumps(effects))
    assert fold(stored, CITY) == fold(effects, CITY)


def test_a_clock_that_starts_after_hours_has_used_nothing_until_it_counts() -> None:
    calendar = Calendar.build(
        name="by date",
        tz="Asia/Shanghai",
        first=date(2026, 3, 1),
        last=date(2026, 3, 31),
        hours=((time(0), time(0)),),
        workday_seconds=86_400,
        arrivals=(time(17), time(8, 30)),
    )
    zone = ZoneInfo("Asia/Shanghai")
    evening = to_epoch(datetime(2026, 3, 2, 20, 0, tzinfo=zone))
    started = fold(
        [Effect(evening, "handle", "start", {"limit": 86_400, "mode": "work"})], calendar
    )
    state = started["handle"]
    assert state.due == to_epoch(datetime(2026, 3, 4, 8, 30, tzinfo=zone))
    assert elapsed(state, evening + 3_600, calendar) == 0
    ended = fold([Effect(evening + 3_600, "handle", "end", {})], calendar, initial=started)
    assert ended["handle"].used == 0

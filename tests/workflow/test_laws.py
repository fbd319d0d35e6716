"""What holds for any history: folds equal rows, prefixes are pasts, clocks account for all time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengguan.core.clock import ClockState, paused_wall
from chengguan.core.errors import DomainError
from chengguan.core.worktime import CONTINUOUS, elapsed_time
from chengguan.workflow.domain import act, begin, fold, step
from chengguan.workflow.domain.calendars import Calendars
from chengguan.workflow.domain.folding import fold_with
from chengguan.workflow.domain.stepping import Step
from chengguan.workflow.domain.timing import stored_clocks
from chengguan.workflow.models import Definition, Event

from .trial import START, SYSTEM, TRIAL, Trial, blank, calendar, calendars, compiled, minutes

SEQUENCES = 100_000
DATA: dict[str, dict[str, Any]] = {
    "verify": {"checker": 5},
    "verified": {"finding": "属实"},
    "accept": {"unit": 7},
    "refuse": {"reason": "dup"},
    "send_back": {"reason": "不归我管"},
    "route": {"note": "很长的说明"},
}
DUES = ("stage_due_at", "due_at", "warn_at")


def data_for(verb: str) -> dict[str, Any]:
    if verb.startswith(("ask_", "refuse_")):
        return {"reason": "理由"}
    return DATA.get(verb, {})


def walk(
    random: Random, length: int, world: Calendars, definition: Any, matter: str
) -> Iterator[Step]:
    """Yield up to `length` steps of one instance, each chosen among the verbs of its state."""
    row = blank(matter_code=matter)
    at = START + timedelta(minutes=random.randrange(60 * 24 * 30))
    verb = "report"
    for _ in range(length):
        try:
            taken = step(
                TRIAL, row, verb, SYSTEM, data_for(verb), at, definition=definition, calendars=world
            )
        except DomainError:
            pass
        else:
            yield taken
            row = taken.row
        at += timedelta(seconds=random.choice((0, 1, 59, 600, 4_000, 40_000, 400_000)))
        verb = random.choice(definition.by_state[row["state"]]).name


@pytest.mark.slow  # half a million attempts; the issue asks for 100,000 sequences
def test_a_hundred_thousand_histories() -> None:
    random = Random(20260302)
    world, definition = calendars(), compiled()
    steps = recounted = 0
    for number in range(SEQUENCES):
        before: dict[str, Any] = dict.fromkeys(DUES)
        for taken in walk(random, 6, world, definition, ("", "urgent")[number % 2]):
            steps += 1
            now = int(taken.event.at.timestamp())
            for clock in taken.clocks.values():
                _accounts_for_all_time(clock, now, world)
                recounted += clock.mode == "continuous"
            touched = {name for _, name, _ in taken.event.effects["clocks"]}
            if (taken.row["due_at"], taken.row["warn_at"]) != (before["due_at"], before["warn_at"]):
                assert "work" in touched, (number, taken.event)
            if taken.row["stage_due_at"] != before["stage_due_at"]:
                assert touched or taken.event.from_state != taken.event.to_state
            before = taken.row
    assert steps > 2 * SEQUENCES
    assert recounted > SEQUENCES


def _accounts_for_all_time(clock: ClockState, now: int, world: Calendars) -> None:
    """Elapsed plus paused is the wall time since the start, in the clock's own hours."""
    end = now if clock.ended_at is None else clock.ended_at
    city = world[clock.calendar] if clock.calendar else CONTINUOUS
    used = clock.used
    if clock.running_since is not None:
        used += elapsed_time(clock.running_since, end, clock.mode, city)
    paused = paused_wall(clock, end)
    if clock.mode == "continuous":
        assert used + paused == end - clock.started_at
    else:
        assert 0 <= used <= elapsed_time(clock.started_at, end, clock.mode, city)
        if not paused:
            assert used == elapsed_time(clock.started_at, end, clock.mode, city)


def test_any_prefix_of_events_gives_the_same_past() -> None:
    random = Random(7)
    world, definition = calendars(), compiled()
    for _ in range(300):
        taken = list(walk(random, 12, world, definition, ""))
        events = [one.event for one in taken]
        for count, one in enumerate(taken, 1):
            columns, clocks = fold_with(TRIAL, events[:count], definition, world)
            row = {name: value for name, value in one.row.items() if name != "text"}
            assert columns == {**row, "clocks": stored_clocks(one.clocks)}
            assert clocks == one.clocks


def test_a_due_time_does_not_move_when_the_calendar_does() -> None:
    random = Random(11)
    old, definition = calendars(), compiled()
    city = calendar(2, holidays=tuple(day.date() for day in _days()))
    changed = calendars(calendar(1), city)
    for _ in range(200):
        events = [one.event for one in walk(random, 8, old, definition, "")]
        columns, _ = fold_with(TRIAL, events, definition, old)
        assert fold_with(TRIAL, events, definition, changed)[0] == columns


def _days() -> Iterator[datetime]:
    for number in range(0, 60, 3):
        yield START + timedelta(days=number)


CHOICES = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([0, 1, 61, 3_601, 90_001])), max_size=12
)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(choices=CHOICES, matter=st.sampled_from(["", "urgent"]))
def test_the_row_is_the_fold_of_its_events(
    trial: Definition, choices: list[tuple[int, int]], matter: str
) -> None:
    from chengguan.store.ids import next_id
    from chengguan.workflow.domain import definition_of

    key = next_id()
    begin(
        "trial",
        {"id": key, "area_code": "310115001", "matter_code": matter, "text": "原文"},
        "report",
        SYSTEM,
        at=START,
    )
    one = Trial.objects.get(pk=key)
    at = minutes(0)
    for pick, seconds in choices:
        at += timedelta(seconds=seconds)
        verbs = definition_of(trial.pk).by_state[one.state]
        verb = verbs[pick % len(verbs)].name
        try:
            act(one, verb, SYSTEM, data_for(verb), at)
        except DomainError:
            continue
    columns, _ = fold(TRIAL, Event.objects.filter(instance_id=key).order_by("seq"))
    fresh = Trial.objects.filter(pk=key).values().get()
    assert columns == {name: value for name, value in fresh.items() if name != "text"}

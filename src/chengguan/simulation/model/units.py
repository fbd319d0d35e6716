"""Handling units: clerks assign, crews travel and work, the most urgent first; and how some cheat."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import simpy

from .cases import LEADER, CaseFile
from .ground import metres
from .paper import wall_seconds
from .problems import DAY, Problem
from .scenario import Shift, UnitSpec
from .streams import spread

if TYPE_CHECKING:
    from .world import World

Process = Generator[simpy.Event, Any, None]
_MINUTE = 60
#: Who has got time by a trick takes it: the list grows by this factor.
_EASE = 3.5


class Unit:
    """One unit: its clerk's account is `<code>.guanli`, its crews' `<code>.chuzhi01` …"""

    def __init__(self, world: World, spec: UnitSpec) -> None:
        self.world, self.spec = world, spec
        self.clerk = f"{spec.code.lower()}.guanli"
        self.chance = world.streams.of("unit", spec.code)
        self.habits = world.streams.of("unit-habits", spec.code)
        self._jobs: list[tuple[int, int, CaseFile | None, Problem | None, simpy.Event]] = []
        self._count = 0
        self._idle: list[tuple[simpy.Event, Shift]] = []
        shifts = [shift for shift in spec.rosters for _ in range(shift.number)]
        for number, shift in enumerate(shifts, 1):
            world.env.process(self._crew(f"{spec.code.lower()}.chuzhi{number:02d}", shift))

    def crew_name(self) -> str:
        """Give whom the clerk names: the crews in turn."""
        self._count += 1
        return f"{self.spec.code.lower()}.chuzhi{(self._count - 1) % self.spec.crews + 1:02d}"

    def add(self, due: int, case: CaseFile | None, problem: Problem | None) -> simpy.Event:
        """Queue a job; the event comes when it is done."""
        done = self.world.env.event()
        self._count += 1
        heappush(self._jobs, (due, self._count, case, problem, done))
        self._call()
        return done

    def _call(self) -> None:
        """Wake a crew that waits, one on duty first; where none is, all, for who begins next."""
        on = [one for one in self._idle if self._is_on(one[1])]
        for one in on[:1] or self._idle[: None if self.spec.shifts else 1]:
            self._idle.remove(one)
            one[0].succeed()

    def _is_on(self, shift: Shift) -> bool:
        return self.world.until(shift.first_hour, shift.last_hour) == 0

    def clerk_time(self) -> int:
        """Seconds until the clerk has a matter done: his own time, after the night if it is night."""
        wait = self.world.until(self.spec.first_hour, self.spec.last_hour)
        return wait + max(30, int(60 * spread(self.chance, self.spec.clerk_minutes, 0.5)))

    def _crew(self, name: str, shift: Shift) -> Process:
        world, spec = self.world, self.spec
        at = world.ground.grids[0].centre
        while True:
            away = world.until(shift.first_hour, shift.last_hour)
            if away:
                yield world.env.timeout(away)
            if not self._jobs:
                called = world.env.event()
                self._idle.append((called, shift))
                yield called
                continue
            _, _, case, problem, done = heappop(self._jobs)
            target = case.point if case is not None else problem.point if problem else at
            matter = case.matter if case is not None else problem.matter if problem else None
            way = metres(at, target) / (spec.speed_kmh / 3.6)
            at = target
            there = problem is not None and problem.stands
            minutes = matter.work_minutes / spec.skill if there and matter else 5.0
            begun = world.now
            yield world.env.timeout(int(way + 60 * spread(self.chance, minutes, 0.5)))
            world.load.add("crew", name, begun, world.now)
            if problem is not None:
                world.nature.end(problem, "fixed", problem.matter.cure * spec.cure)
            done.succeed()


class Units:
    """All units, and what a unit does with a case."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_code = {spec.code: Unit(world, spec) for spec in world.scenario.units}
        self._called: dict[str, simpy.Event] = {}
        self._guess = {one.code: wall_seconds(one.limit) for one in world.scenario.matters}

    def take(self, case: CaseFile) -> Process:
        """A case has come to the unit: return it as a trick, or assign it."""
        unit, spoilers = self.by_code[case.matter.unit], self.world.scenario.spoilers
        yield self.world.env.timeout(unit.clerk_time())
        tricks = spoilers.spoils(unit.spec.code)
        if not case.returned and tricks and unit.habits.random() < spoilers.stop_clock:
            case.returned = True
            case.ease = _EASE
            yield self.world.env.timeout(unit.clerk_time())
            self.world.spoil("stop_clock", unit.clerk, key=case.key)
            self.world.act(
                case,
                "return_to_dispatcher",
                unit.clerk,
                spoiled="stop_clock",
                reason="权属待核（模拟）",
            )
            return
        handler = unit.crew_name()
        case.photo_kind = "honest"
        case.rounds += 1
        self.world.act(case, "assign", unit.clerk, handler=handler)

    def work(self, case: CaseFile) -> Process:
        """Do the work, or don't; then hand in the result."""
        unit = self.by_code[case.matter.unit]
        habit = self._habit(unit)
        if habit == "habit_extension" or unit.chance.random() < unit.spec.extends:
            self._ask_extension(case, unit, habit)
        if habit in ("false_close", "foreign_photo") and not case.solved:
            yield from self._pretend(case, unit, habit)
        elif habit == "last_minute" and not case.solved:
            yield from self._last_minute(case, unit)
        else:
            called = self._called[case.key] = self.world.env.event()
            yield self.world.env.timeout(self._list_time(case, unit)) | called
            self._called.pop(case.key, None)
            yield unit.add(self._due(case), case, case.problem)
            self._submit(case, unit, "")

    def confirm(self, case: CaseFile) -> Process:
        """The clerk confirms what was handed in."""
        unit = self.by_code[case.matter.unit]
        yield self.world.env.timeout(unit.clerk_time())
        self.world.act(case, "confirm_handled", unit.clerk)

    def hurry(self, case: CaseFile) -> None:
        """Put a case on a crew's list now, if it still waits for that."""
        called = self._called.get(case.key)
        if called is not None and not called.triggered:
            called.succeed()

    def _habit(self, unit: Unit) -> str:
        spoilers = self.world.scenario.spoilers
        if not spoilers.spoils(unit.spec.code):
            return ""
        draw = unit.habits.random()
        for name in ("false_close", "foreign_photo", "habit_extension", "last_minute"):
            share: float = getattr(spoilers, name)
            if draw < share:
                return name
            draw -= share
        return ""

    def _list_time(self, case: CaseFile, unit: Unit) -> int:
        """Seconds until the job is on a crew's list; what comes back goes on it at once."""
        if case.rounds > 1:
            return 0
        return int(
            spread(unit.chance, case.ease * unit.spec.lead * self._guess[case.matter.code], 0.6)
        )

    def _due(self, case: CaseFile) -> int:
        return case.due if case.due is not None else self.world.now + self._guess[case.matter.code]

    def _pretend(self, case: CaseFile, unit: Unit, habit: str) -> Process:
        """Hand in a result without having been there."""
        yield self.world.env.timeout(unit.clerk_time())
        case.photo_kind = "foreign" if habit == "foreign_photo" else "none"
        self.world.spoil(habit, unit.clerk, key=case.key)
        self._submit(case, unit, habit)

    def _last_minute(self, case: CaseFile, unit: Unit) -> Process:
        """Hand in just before the limit; the work is done some day later."""
        world = self.world
        while case.due is None:
            yield world.env.timeout(world.scenario.city.feedback_minutes * _MINUTE)
        left = case.due - world.now - int(_MINUTE * unit.chance.uniform(12, 40))
        yield world.env.timeout(max(_MINUTE, left))
        if not case.solved:
            case.photo_kind = "none"
            world.spoil("last_minute", unit.clerk, key=case.key)
            due = world.now + int(unit.chance.expovariate(1 / DAY))
            world.after(
                int(unit.chance.expovariate(1 / DAY)),
                partial(unit.add, due, None, case.problem),
            )
        self._submit(case, unit, "last_minute")

    def _submit(self, case: CaseFile, unit: Unit, spoiled: str) -> None:
        # A foreign photo is another case's: the same picture twice, for whoever compares.
        photo = f"{case.key}/after/{case.rounds}"
        if case.photo_kind == "foreign":
            photo = f"{unit.spec.code}/archive/{int(unit.chance.random() * 20)}"
        self.world.act(
            case, "submit_by_unit", unit.clerk, photo=photo, spoiled=spoiled, note="已处置（模拟）"
        )

    def _ask_extension(self, case: CaseFile, unit: Unit, habit: str) -> None:
        world = self.world
        if habit == "habit_extension":
            case.ease = _EASE
            world.spoil("habit_extension", unit.clerk, key=case.key)
        world.act(case, "ask_extension", unit.clerk, spoiled=habit, reason="需增派力量（模拟）")
        grants = unit.chance.random() < world.scenario.desks.grants_extension
        verb = "grant_extension" if grants else "refuse_extension"
        after = int(_MINUTE * unit.chance.uniform(10, 60))
        rounds = case.rounds
        world.after(after, partial(self._decide, case, verb, rounds))

    def _decide(self, case: CaseFile, verb: str, rounds: int) -> None:
        if case.state == "handling" and case.rounds == rounds:
            self.world.act(case, verb, LEADER, reason="模拟")

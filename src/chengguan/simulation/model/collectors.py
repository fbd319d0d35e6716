"""Collectors: they walk beats, notice with a skill that falls with the hour, verify and check."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from .cases import CaseFile
from .ground import Grid, metres
from .problems import HOUR, Problem
from .scenario import PLACES, Shift
from .streams import spread

if TYPE_CHECKING:
    from .world import World

Process = Generator[simpy.Event, Any, None]
#: How often, per visit of a grid, somebody who stages problems does so.
_STAGES = 0.06


class Collector:
    """One collector; `name` is his account. His habits are drawn once, for the whole run."""

    def __init__(self, world: World, number: int, beat: list[Grid], shift: Shift) -> None:
        self.world, self.shift = world, shift
        self.name = f"caiji{number:03d}"
        self.beat = beat
        self.at = beat[0].centre
        self.chance = world.streams.of("collector", number)
        self._tasks: deque[tuple[str, CaseFile]] = deque()
        self._staged = 0
        spoilers = world.scenario.spoilers
        habits = world.streams.of("habits", number)
        self.easy_only = habits.random() < spoilers.easy_only
        self.colludes = habits.random() < spoilers.collude
        self.stages = habits.random() < spoilers.stage
        world.env.process(self._work())

    @property
    def busy(self) -> int:
        """How many tasks wait for him."""
        return len(self._tasks)

    @property
    def on_duty(self) -> bool:
        """Whether his shift is on."""
        return self.world.until(self.shift.first_hour, self.shift.last_hour) == 0

    def ask(self, kind: str, case: CaseFile) -> None:
        """Give him a task: to verify a report, or to check what was handled."""
        self._tasks.append((kind, case))

    def _work(self) -> Process:
        world, spec = self.world, self.world.scenario.collectors
        place = int(self.chance.random() * len(self.beat))
        while True:
            away = world.until(self.shift.first_hour, self.shift.last_hour)
            if away:
                yield world.env.timeout(away)
            begun = world.now
            if self._tasks:
                yield from self._do(*self._tasks.popleft())
                world.load.add("task", self.name, begun, world.now)
                continue
            grid = self.beat[place % len(self.beat)]
            place += 1
            self.at = grid.centre
            yield world.env.timeout(int(60 * spread(self.chance, spec.grid_minutes, 0.3)))
            seen = world.now
            world.load.add("patrol", self.name, begun, seen)
            yield from self._look(grid)
            world.load.add("task", self.name, seen, world.now)

    def _look(self, grid: Grid) -> Process:
        world, spec = self.world, self.world.scenario.collectors
        hours = ((world.now % 86_400) / HOUR - self.shift.first_hour) % 24
        skill = spec.skill * max(0.2, 1.0 - spec.tires * hours)
        for problem in list(world.standing[grid.code]):
            noticed = self.chance.random() < skill * problem.matter.seen
            if not noticed or not problem.stands or problem.case is not None:
                continue
            if not self._silent(problem):
                yield world.env.timeout(int(60 * spec.report_minutes))
                self._report_unless_known(problem)
        if self.stages and self.chance.random() < _STAGES:
            yield world.env.timeout(int(60 * spec.report_minutes))
            self._stage(grid)

    def _silent(self, problem: Problem) -> bool:
        matter, world = problem.matter, self.world
        if self.easy_only and matter.hard:
            kind = "easy_only"
        elif self.colludes and matter.unit == world.scenario.spoilers.collude_unit:
            kind = "collude"
        else:
            return False
        world.spoil(kind, self.name, problem=problem.key)
        return True

    def _report_unless_known(self, problem: Problem) -> None:
        # Somebody may have been faster while he wrote.
        if problem.stands and problem.case is None:
            self._report(problem, "")

    def _report(self, problem: Problem, spoiled: str) -> None:
        self.world.report(
            "collector",
            self.name,
            problem.grid,
            problem.matter.code,
            problem.point,
            problem,
            spoiled=spoiled,
        )

    def _stage(self, grid: Grid) -> None:
        world = self.world
        easy = [matter for matter in world.scenario.matters if not matter.hard]
        matter = easy[int(self.chance.random() * len(easy))]
        self._staged += 1
        key = f"X-{self.name}-{self._staged:04d}"
        world.spoil("stage", self.name, problem=key)
        problem = world.nature.arise(key, matter, grid, grid.point(self.chance), "staged")
        self._report(problem, "stage")

    def _do(self, kind: str, case: CaseFile) -> Process:
        world, spec = self.world, self.world.scenario.collectors
        way = metres(self.at, case.point) / (spec.speed_kmh / 3.6)
        yield world.env.timeout(int(way + 60 * spread(self.chance, spec.task_minutes, 0.4)))
        self.at = case.point
        stands = not case.solved and self.chance.random() < world.scenario.desks.check_skill
        if kind == "verify":
            gone = "unfound" if case.problem is not None else "false"
            finding, verb = ("true" if stands else gone), "submit_verification"
        else:
            finding, verb = ("unsolved" if stands else "solved"), "submit_check"
            unit = world.scenario.spoilers.collude_unit
            if stands and self.colludes and case.matter.unit == unit:
                finding = "solved"
                world.spoil("collude_check", self.name, key=case.key)
        if case.state == ("verifying" if kind == "verify" else "checking"):
            photo = f"{case.key}/{kind}/{world.now}"
            world.act(case, verb, self.name, photo=photo, finding=finding)
            world.collectors.answered(case, finding)


class Collectors:
    """All collectors, and who waits for what they find."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: list[Collector] = []
        for shift in world.scenario.collectors.rosters:
            self._send_out(shift)
        self._homes: dict[str, list[Collector]] = {}
        for one in self.people:
            for grid in one.beat:
                self._homes.setdefault(grid.code, []).append(one)
        self._places = {one.name: n for n, one in enumerate(self.people)}
        self._expected: dict[str, simpy.Event] = {}

    def near(self, grid: Grid, but: str) -> Collector:
        """Give the collector of a beat, who is on duty first; or the next, when it is his report."""
        homes = self._homes[grid.code]
        others = [one for one in homes if one.name != but]
        if others:
            return next((one for one in others if one.on_duty), others[0])
        return self.people[(self._places[homes[0].name] + 1) % len(self.people)]

    def _send_out(self, shift: Shift) -> None:
        whole = self.world.ground.grids
        ground = [one for one in whole if not shift.places or PLACES[one.place] in shift.places]
        # A city without such ground has work for them all the same.
        ground = ground or list(whole)
        weights = self.world.scenario.collectors.beat_weights
        for n, beat in enumerate(beats(ground, shift.number, weights)):
            number = len(self.people) + 1
            walked = beat or [ground[n % len(ground)]]
            self.people.append(Collector(self.world, number, walked, shift))

    def answer_of(self, case: CaseFile) -> simpy.Event:
        """Wait for what is found at a case's place."""
        event = self._expected[case.key] = self.world.env.event()
        return event

    def answered(self, case: CaseFile, finding: str) -> None:
        """Tell who waits."""
        event = self._expected.pop(case.key, None)
        if event is not None and not event.triggered:
            event.succeed(finding)


def beats(grids: Sequence[Grid], number: int, weights: Sequence[float]) -> list[list[Grid]]:
    """Cut grids into `number` beats of equal weight, in their order; a beat may be empty."""
    if len(set(weights)) == 1:
        size = len(grids)
        return [list(grids[n * size // number : (n + 1) * size // number]) for n in range(number)]
    total, before = sum(weights[one.place] for one in grids), 0.0
    found: list[list[Grid]] = [[] for _ in range(number)]
    for one in grids:
        weight = weights[one.place]
        found[int(number * (before + weight / 2) / total)].append(one)
        before += weight
    return found

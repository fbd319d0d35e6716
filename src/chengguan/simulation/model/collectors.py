"""Collectors: they walk beats, notice with a skill that falls with the hour, verify and check."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from .cases import CaseFile
from .ground import Grid, metres
from .problems import HOUR, Problem
from .streams import spread

if TYPE_CHECKING:
    from .world import World

Process = Generator[simpy.Event, Any, None]
#: How often, per visit of a grid, somebody who stages problems does so.
_STAGES = 0.06


class Collector:
    """One collector; `name` is his account. His habits are drawn once, for the whole run."""

    def __init__(self, world: World, number: int, beat: list[Grid]) -> None:
        self.world = world
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

    def ask(self, kind: str, case: CaseFile) -> None:
        """Give him a task: to verify a report, or to check what was handled."""
        self._tasks.append((kind, case))

    def _work(self) -> Process:
        world, spec = self.world, self.world.scenario.collectors
        place = int(self.chance.random() * len(self.beat))
        while True:
            away = world.until(spec.first_hour, spec.last_hour)
            if away:
                yield world.env.timeout(away)
            if self._tasks:
                yield from self._do(*self._tasks.popleft())
                continue
            grid = self.beat[place % len(self.beat)]
            place += 1
            self.at = grid.centre
            yield world.env.timeout(int(60 * spread(self.chance, spec.grid_minutes, 0.3)))
            yield from self._look(grid)

    def _look(self, grid: Grid) -> Process:
        world, spec = self.world, self.world.scenario.collectors
        hours = (world.now % 86_400) / HOUR - spec.first_hour
        skill = spec.skill * max(0.2, 1.0 - spec.tires * max(0.0, hours))
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
        grids = list(world.ground.grids)
        number = world.scenario.collectors.number
        beats = [
            grids[n * len(grids) // number : (n + 1) * len(grids) // number] for n in range(number)
        ]
        self.people = [
            Collector(world, n + 1, beat or [grids[n % len(grids)]]) for n, beat in enumerate(beats)
        ]
        self._home = {g.code: one for one in self.people for g in one.beat}
        self._places = {one.name: n for n, one in enumerate(self.people)}
        self._expected: dict[str, simpy.Event] = {}

    def near(self, grid: Grid, but: str) -> Collector:
        """Give the collector of a beat, or the next one when it is he who reported."""
        home = self._home[grid.code]
        if home.name != but:
            return home
        return self.people[(self._places[home.name] + 1) % len(self.people)]

    def answer_of(self, case: CaseFile) -> simpy.Event:
        """Wait for what is found at a case's place."""
        event = self._expected[case.key] = self.world.env.event()
        return event

    def answered(self, case: CaseFile, finding: str) -> None:
        """Tell who waits."""
        event = self._expected.pop(case.key, None)
        if event is not None and not event.triggered:
            event.succeed(finding)

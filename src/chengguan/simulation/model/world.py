"""The world of one run: time, ground, sky, problems, people; it acts on a platform and looks at it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from .cases import CaseFile, Loop
from .collectors import Collectors
from .ground import Grid, Ground, lattice
from .inspection import Inspectors
from .load import Load
from .platform import MOVES, Act, Answer, Platform, Said
from .problems import DAY, HOUR, Nature, Problem
from .public import Watchers
from .scenario import Scenario
from .streams import Streams
from .truth import TruthLog
from .units import Units
from .weather import days as weather_of

Process = Generator[simpy.Event, Any, None]


class World:
    """One city, or one of its districts, for some days under one seed.

    `progress` is called with the day that begins. `mark` names the district, whose chance is its
    own; only the sky is the city's. Two worlds with equal arguments write equal truth logs,
    provided the platform decides alike.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        days: int,
        platform: Platform,
        truth: TruthLog,
        ground: Ground | None = None,
        progress: Callable[[int], None] | None = None,
        mark: str = "",
    ) -> None:
        self.scenario, self.days, self.platform, self.truth = scenario, days, platform, truth
        self.streams = Streams(seed, mark)
        self.env = simpy.Environment()
        eyes = scenario.cameras.share, scenario.sensors.share
        self.ground = ground or lattice(scenario.city, *eyes, self.streams)
        self.sky = weather_of(
            scenario.weather, scenario.festivals, scenario.city.start, days, Streams(seed)
        )
        self.standing: dict[str, list[Problem]] = {grid.code: [] for grid in self.ground.grids}
        self.cases: dict[str, CaseFile] = {}
        self.load = Load()
        self._progress = progress
        self._reports = 0
        self.watchers = Watchers(self)
        self.nature = Nature(self)
        self.collectors = Collectors(self)
        self.units = Units(self)
        self.loop = Loop(self)
        self.inspectors = Inspectors(self)
        self.env.process(self._looking())

    # ---- time ----------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Seconds since the first local midnight."""
        return int(self.env.now)

    @property
    def day(self) -> int:
        """The number of the day, from 0."""
        return self.now // DAY

    @property
    def hour(self) -> int:
        """The hour of the day, 0 to 23."""
        return self.now % DAY // HOUR

    def after(self, seconds: int, do: Callable[[], object]) -> None:
        """Do something later; nothing is kept for after the end of the run."""
        seconds = max(0, seconds)
        if self.now + seconds < self.days * DAY:
            event = self.env.timeout(seconds)
            assert event.callbacks is not None

            def happen(_event: simpy.Event) -> None:
                do()

            event.callbacks.append(happen)

    def daily(self, second: int, do: Callable[[], object]) -> None:
        """Do something every day at a second of the day."""
        for day in range(self.days):
            self.after(day * DAY + second - self.now, do)

    def until(self, first_hour: int, last_hour: int) -> int:
        """Give the seconds until a shift is on: 0 within it; a shift may cross midnight."""
        second = self.now % DAY
        first, last = first_hour * HOUR, last_hour * HOUR
        on = first <= second < last if first < last else (second >= first or second < last)
        return 0 if on else (first - second) % DAY

    def run(self) -> None:
        """Live through all days; the last look takes what is left."""
        self.live_until(self.days)
        self.finish()

    def live_until(self, day: int) -> None:
        """Live until the beginning of a day; day by day gives what all at once does."""
        self.env.run(until=day * DAY)

    def finish(self) -> None:
        """Take the last look when all days are over."""
        self._look()
        self.truth.write("finish", self.days * DAY, standing=sum(map(len, self.standing.values())))

    # ---- the platform --------------------------------------------------------------------------

    def report(
        self,
        source: str,
        agent: str,
        grid: Grid,
        matter: str,
        point: tuple[float, float],
        problem: Problem | None,
        *,
        spoiled: str = "",
    ) -> CaseFile:
        """Send in a report of a problem, or of what is none; its case begins."""
        self._reports += 1
        key = f"R{self._reports:07d}"
        other = problem.case if problem is not None else None
        self.truth.write(
            "report",
            self.now,
            key=key,
            source=source,
            agent=agent,
            matter=matter,
            grid=grid.code,
            problem=problem.key if problem else "",
            known=other is not None,
            spoiled=spoiled,
        )
        kind = self.scenario.matter(matter)
        self.platform.report(
            Said(
                key,
                self.now,
                source,
                agent,
                kind.kind,
                matter,
                f"{kind.name}（模拟）",
                point,
                grid.code,
                other.key if other is not None and source == "superior" else "",
            )
        )
        case = CaseFile(key, source, agent, kind, grid, point, problem, self.now)
        if problem is not None:
            problem.reports += 1
            if problem.case is None:
                problem.case = case
        self.cases[key] = case
        self.loop.begin(case)
        return case

    def act(
        self,
        case: CaseFile,
        verb: str,
        agent: str,
        *,
        photo: str = "",
        spoiled: str = "",
        **data: Any,
    ) -> None:
        """Take a step with a case; the truth log knows who, when and whether it is spoiled."""
        self.truth.write("act", self.now, key=case.key, verb=verb, agent=agent, spoiled=spoiled)
        case.state = MOVES.get(verb, case.state)
        self.platform.act(Act(case.key, verb, agent, self.now, data, photo))

    def spoil(self, kind: str, agent: str, **said: Any) -> None:
        """Note a behaviour that spoils numbers."""
        self.truth.write("spoil", self.now, kind=kind, agent=agent, **said)

    def _looking(self) -> Process:
        while True:
            yield self.env.timeout(self.scenario.city.feedback_minutes * 60)
            self._look()
            if self._progress and self.now % DAY < self.scenario.city.feedback_minutes * 60:
                self._progress(self.day)

    def _look(self) -> None:
        for answer in self.platform.look(self.now):
            case = self.cases.get(answer.key)
            if case is not None:
                self._learn(case, answer)

    def _learn(self, case: CaseFile, answer: Answer) -> None:
        if answer.due is not None and answer.due != case.due:
            if case.first_due is None:
                case.first_due = answer.due
            case.due = answer.due
            self.truth.write("due", self.now, key=case.key, due=answer.due)
        if answer.refused:
            self.truth.write(
                "refused", self.now, key=case.key, verb=answer.verb, code=answer.refused
            )
            self.loop.refused(case, answer)
        if case.is_over and case.state == answer.state and answer.verb in ("close", "void"):
            self.loop.forget(case)

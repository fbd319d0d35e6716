"""Who reports without being paid for it: citizens; and what reports by itself: cameras, sensors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .cases import PUBLIC
from .problems import DAY, HOUR, Problem
from .streams import pick, poisson

if TYPE_CHECKING:
    from .world import World

#: Citizens by kind of ground: homes, shops, roads, works, green.
_PEOPLE = (1.4, 1.2, 0.9, 0.4, 0.6)
#: Minutes until an alarm is raised, mean.
_GIVES_UP = 4
_REWARD_WITHIN = DAY


class Watchers:
    """Draws, for every problem that arises, who will see it and when."""

    def __init__(self, world: World) -> None:
        self.world = world
        scenario = world.scenario
        hours = scenario.profiles.get("people", (1.0,) * 24)
        self._hours = [one / max(hours) for one in hours]
        # At `max(hours)` the rate is what makes the day's mean the matter's own.
        self._peak = 24 * max(hours) / sum(hours)
        self._chance = world.streams.of("public")
        self._staged = 0
        self._size = len(world.ground.grids) / scenario.city.reference_grids
        world.daily(0, self._dawn)

    def arose(self, problem: Problem) -> None:
        """Let cameras, sensors and citizens begin to notice a problem."""
        scenario, nature, matter = self.world.scenario, problem.nature, problem.matter
        for eyes, recall, covered, source in (
            (scenario.cameras, matter.camera, problem.grid.camera, "video"),
            (scenario.sensors, matter.sensor, problem.grid.sensor, "sensor"),
        ):
            caught, minutes = nature.random(), nature.expovariate(1 / max(eyes.minutes, 0.1))
            if covered and caught < recall:
                self.world.after(int(60 * minutes), partial(self._alarm, problem, source))
        rate = matter.reports_per_day * (0.5 + matter.hurts) * _PEOPLE[problem.grid.place]
        if rate > 0:
            self._citizen_later(problem, rate * self._peak)

    def _alarm(self, problem: Problem, source: str) -> None:
        if problem.stands and problem.case is None:
            self.world.report(
                source, source, problem.grid, problem.matter.code, problem.point, problem
            )

    def _citizen_later(self, problem: Problem, rate: float) -> None:
        after = int(problem.nature.expovariate(rate / DAY))
        self.world.after(after, partial(self._citizen, problem, rate))

    def _citizen(self, problem: Problem, rate: float) -> None:
        world = self.world
        if not problem.stands:
            return
        if problem.nature.random() < self._hours[world.hour]:
            self._speak(problem)
        if problem.reports < _GIVES_UP:
            self._citizen_later(problem, rate)

    def _speak(self, problem: Problem) -> None:
        world, citizens = self.world, self.world.scenario.citizens
        closed = problem.closed_case
        if (
            closed is not None
            and problem.case is None
            and closed.source in PUBLIC
            and world.loop.disputable(closed)
            and problem.nature.random() < citizens.disputes
        ):
            world.truth.write("dispute", world.now, key=closed.key, problem=problem.key)
            world.loop.reopen(closed)
            return
        source = self._source()
        world.report(source, source, problem.grid, problem.matter.code, problem.point, problem)
        self._others(problem)

    def _source(self) -> str:
        return (
            "hotline" if self._chance.random() < self.world.scenario.citizens.hotline else "public"
        )

    def _others(self, problem: Problem) -> None:
        """Mistaken reports and those made for a reward come in the wake of honest ones."""
        scenario, chance = self.world.scenario, self._chance
        if chance.random() < scenario.citizens.mistaken:
            after = int(chance.random() * 8 * HOUR)
            self.world.after(after, partial(self._false, problem, ""))
        for _ in range(poisson(chance, scenario.spoilers.reward)):
            after = int(chance.random() * _REWARD_WITHIN)
            self.world.after(after, partial(self._reward, problem))

    def _false(self, near: Problem, spoiled: str) -> None:
        source = self._source()
        self.world.report(
            source,
            source,
            near.grid,
            near.matter.code,
            near.grid.point(self._chance),
            None,
            spoiled=spoiled,
        )

    def _reward(self, near: Problem) -> None:
        """A hunter of rewards: every other one invents, every other one makes what he reports."""
        world = self.world
        if self._chance.random() < 0.5:
            world.spoil("reward_false", "public", problem="")
            self._false(near, "reward")
            return
        self._staged += 1
        key = f"W-{self._staged:06d}"
        easy = [matter for matter in world.scenario.matters if not matter.hard]
        matter = easy[int(self._chance.random() * len(easy))]
        world.spoil("reward_staged", "public", problem=key)
        point = near.grid.point(self._chance)
        made = world.nature.arise(key, matter, near.grid, point, "reward")
        world.report("public", "public", made.grid, matter.code, made.point, made, spoiled="reward")

    def _dawn(self) -> None:
        world, scenario = self.world, self.world.scenario
        for eyes, source in ((scenario.cameras, "video"), (scenario.sensors, "sensor")):
            chance = world.streams.of("false", source, world.day)
            able = [m for m in scenario.matters if (m.camera if source == "video" else m.sensor)]
            watched = [
                g for g in world.ground.grids if (g.camera if source == "video" else g.sensor)
            ]
            if not able or not watched:
                continue
            for _ in range(poisson(chance, eyes.false_per_day * self._size)):
                grid = watched[int(chance.random() * len(watched))]
                matter = able[pick(chance, [one.per_day for one in able])]
                after, point = chance.randrange(DAY), grid.point(chance)
                world.after(
                    after,
                    partial(world.report, source, source, grid, matter.code, point, None),
                )

"""Problems: how they arise, hurt, spread, heal by themselves, are removed and come back."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from .ground import Grid
from .scenario import Matter
from .streams import pick, poisson

if TYPE_CHECKING:
    from .cases import CaseFile
    from .world import World

DAY = 86_400
HOUR = 3_600
_GENERATIONS = 3


@dataclass(slots=True, eq=False)
class Problem:
    """Something really wrong in a place. Times in seconds of the run.

    `cause`: fresh, spread, return (handling did not cure), staged, reward. `nature` is its own
    stream of chance, the same whatever people do about it.
    """

    key: str
    matter: Matter
    grid: Grid
    point: tuple[float, float]
    arose: int
    cause: str
    parent: str
    generation: int
    nature: Random
    ended: int | None = None
    end: str = ""
    children: int = 0
    case: CaseFile | None = None
    closed_case: CaseFile | None = None
    reports: int = field(default=0)

    @property
    def stands(self) -> bool:
        """Whether it is still there."""
        return self.ended is None


class Nature:
    """Everything that happens to problems without anybody's doing."""

    def __init__(self, world: World) -> None:
        self.world = world
        scenario = world.scenario
        city = scenario.city
        self._size = len(world.ground.grids) / city.reference_grids
        self._weights = {m.code: world.ground.weighted(m.places) for m in scenario.matters}
        world.daily(0, self._dawn)

    def _dawn(self) -> None:
        world = self.world
        sky = world.sky[world.day]
        world.truth.write(
            "day",
            world.now,
            day=sky.day.isoformat(),
            rain=sky.rain,
            wind=sky.wind,
            temperature=sky.temperature,
            festival=sky.festival,
        )
        for matter in world.scenario.matters:
            chance = world.streams.of("arise", matter.code, world.day)
            hours = world.scenario.profiles[matter.hours]
            for number in range(poisson(chance, matter.per_day * self._size * sky.factor(matter))):
                after = pick(chance, hours) * HOUR + chance.randrange(HOUR)
                grid = self._grid(matter, chance)
                key = f"{matter.code}-{world.day:04d}-{number:04d}"
                point = grid.point(chance)
                world.after(after, partial(self.arise, key, matter, grid, point))

    def _grid(self, matter: Matter, chance: Random) -> Grid:
        sums = self._weights[matter.code]
        place = bisect(sums, chance.random() * sums[-1])
        return self.world.ground.grids[min(place, len(sums) - 1)]

    def arise(
        self,
        key: str,
        matter: Matter,
        grid: Grid,
        point: tuple[float, float],
        cause: str = "fresh",
        parent: Problem | None = None,
    ) -> Problem:
        """Let a problem begin; what will become of it is drawn from its own stream."""
        world = self.world
        generation = parent.generation + 1 if parent else 0
        mother = parent.key if parent else ""
        nature = world.streams.of("problem", key)
        made = Problem(key, matter, grid, point, world.now, cause, mother, generation, nature)
        world.standing[grid.code].append(made)
        world.truth.write(
            "problem",
            world.now,
            key=key,
            matter=matter.code,
            grid=grid.code,
            unit=matter.unit,
            point=list(point),
            cause=cause,
            parent=mother,
        )
        if matter.heals_hours > 0:
            heals = int(nature.expovariate(1 / (matter.heals_hours * HOUR)))
            world.after(heals, partial(self.end, made, "healed"))
        if matter.spreads > 0 and generation < _GENERATIONS:
            self._spread_later(made)
        world.watchers.arose(made)
        return made

    def end(self, problem: Problem, how: str, cure: float = 1.0) -> None:
        """End a problem: healed, or fixed with a chance `cure` that it does not come back."""
        if not problem.stands:
            return
        world = self.world
        problem.ended, problem.end = world.now, how
        world.standing[problem.grid.code].remove(problem)
        world.truth.write("end", world.now, key=problem.key, how=how)
        lasting = how != "fixed" or problem.nature.random() < cure
        if lasting or problem.cause in ("staged", "reward"):
            return
        days = max(0.1, problem.matter.returns_days)
        world.after(int(problem.nature.expovariate(1 / (days * DAY))), partial(self._back, problem))

    def _back(self, old: Problem) -> None:
        self.arise(f"{old.key}.r", old.matter, old.grid, old.point, "return", old)

    def _spread_later(self, problem: Problem) -> None:
        after = int(problem.nature.expovariate(problem.matter.spreads / DAY))
        self.world.after(after, partial(self._spread, problem))

    def _spread(self, problem: Problem) -> None:
        if not problem.stands:
            return
        problem.children += 1
        point = problem.grid.point(problem.nature)
        key = f"{problem.key}.s{problem.children}"
        self.arise(key, problem.matter, problem.grid, point, "spread", problem)
        self._spread_later(problem)

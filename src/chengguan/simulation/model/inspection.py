"""Supervisors look at grids drawn by lot and report all they see, known or not.

What comes back as 重复 was known; what becomes a case of its own had been missed: that is the
platform's own measure of 漏报率, and the only one that needs no truth.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from .cases import SUPERVISOR
from .problems import HOUR

if TYPE_CHECKING:
    from .world import World

Process = Generator[simpy.Event, Any, None]
#: When the supervisor looks through what is overdue: a quarter to nine.
_URGES = 8 * HOUR + 45 * 60
_WITH_THE_UNIT = ("awaiting_handling", "handling")


class Inspectors:
    """One supervisor who walks what the lot says."""

    def __init__(self, world: World) -> None:
        self.world = world
        if world.scenario.inspection.grids_per_day > 0:
            world.daily(world.scenario.inspection.first_hour * HOUR, self._set_out)
        world.daily(_URGES, self._urge)

    def _set_out(self) -> None:
        self.world.env.process(self._walk())

    def _urge(self) -> None:
        """Urge what the platform shows as overdue; a unit puts it on the list at once."""
        world = self.world
        for case in list(world.cases.values()):
            if case.state in _WITH_THE_UNIT and case.due is not None and case.due < world.now:
                world.act(case, "urge", SUPERVISOR, note="已超期，请尽快处置（模拟）")
                world.units.hurry(case)

    def _walk(self) -> Process:
        world, spec = self.world, self.world.scenario.inspection
        chance = world.streams.of("inspection", world.day)
        grids = world.ground.grids
        drawn = [grids[int(chance.random() * len(grids))] for _ in range(spec.grids_per_day)]
        pause = max(60, (spec.last_hour - spec.first_hour) * HOUR // max(1, len(drawn)))
        for grid in drawn:
            there = list(world.standing[grid.code])
            seen = [one for one in there if chance.random() < spec.skill]
            known = sum(one.case is not None for one in seen)
            world.truth.write(
                "inspect",
                world.now,
                grid=grid.code,
                standing=len(there),
                seen=len(seen),
                known=known,
            )
            for problem in seen:
                world.report(
                    "superior", SUPERVISOR, grid, problem.matter.code, problem.point, problem
                )
            yield world.env.timeout(pause)

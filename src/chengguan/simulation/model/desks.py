"""Desks with shifts and queues: clerks take what came first, by day more of them than by night."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from .streams import spread

if TYPE_CHECKING:
    from .world import World

Process = Generator[simpy.Event, Any, None]


class Desk:
    """Some clerks of one post. Accounts are `<name>01` …: those of the day, then of the night."""

    def __init__(
        self, world: World, name: str, by_day: int, by_night: int, day: tuple[int, int]
    ) -> None:
        self.world, self.name = world, name
        self._waiting: deque[tuple[float, simpy.Event]] = deque()
        self._idle: list[tuple[str, simpy.Event]] = []
        self._chance = world.streams.of("desk", name)
        for number in range(by_day + by_night):
            shift = day if number < by_day else (day[1], day[0])
            world.env.process(self._clerk(f"{name}{number + 1:02d}", *shift))

    def serve(self, minutes: float) -> simpy.Event:
        """Wait in the queue; the event gives the account of the clerk who has done it."""
        done = self.world.env.event()
        self._waiting.append((minutes, done))
        if self._idle:
            self._idle.pop(0)[1].succeed()
        return done

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _clerk(self, agent: str, first: int, last: int) -> Process:
        world = self.world
        while True:
            away = world.until(first, last)
            if away:
                yield world.env.timeout(away)
            if not self._waiting:
                yield from self._rest(agent, first, last)
                continue
            minutes, done = self._waiting.popleft()
            begun = world.now
            yield world.env.timeout(max(20, int(60 * spread(self._chance, minutes, 0.4))))
            world.load.add(self.name, agent, begun, world.now)
            done.succeed(agent)

    def _rest(self, agent: str, first: int, last: int) -> Process:
        """Sit idle until called or until the shift is over."""
        called = self.world.env.event()
        self._idle.append((agent, called))
        second = self.world.now % 86_400
        end = self.world.env.timeout((last * 3600 - second) % 86_400 or 86_400)
        yield called | end
        if not called.triggered:
            self._idle = [one for one in self._idle if one[1] is not called]

"""The round of a made-up vehicle: from stop to stop and back to the first, for ever. Pure.

Where it is follows from the instant alone, so a demo that is started again goes on where the clock
says, and two that send the same instant say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, degrees, hypot

import numpy as np

from chengguan.core.metres import LocalPlane

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a vehicle is: degrees lon/lat of its stops' system, km/h, degrees clockwise from north."""

    lon: float
    lat: float
    speed: float
    heading: float


class Round:
    """Stops in the order they are driven; `kmh` on the way, `pause` seconds at each."""

    def __init__(self, stops: Sequence[Place], *, kmh: float, pause: float) -> None:
        if len(stops) < 2 or kmh <= 0 or pause < 0:
            raise ValueError("a round has two stops at least, and a speed")
        self._plane = LocalPlane(*stops[0])
        places = self._plane.to_metres([*stops, stops[0]])
        self._legs = list(pairwise([(float(x), float(y)) for x, y in places]))
        metres = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in self._legs]
        self._pause, self._kmh = pause, kmh
        self._seconds = [pause + one / (kmh / 3.6) for one in metres]
        self.seconds = sum(self._seconds)

    def at(self, instant: float) -> Seen:
        """Give where it is at an instant (seconds of any epoch)."""
        left = instant % self.seconds
        leg = 0
        while left >= self._seconds[leg] and leg + 1 < len(self._legs):
            left -= self._seconds[leg]
            leg += 1
        (x, y), (to_x, to_y) = self._legs[leg]
        driven = max(0.0, left - self._pause)
        way = self._seconds[leg] - self._pause
        part = min(1.0, driven / way) if way else 0.0
        here = self._plane.to_degrees([(x + (to_x - x) * part, y + (to_y - y) * part)])[0]
        heading = degrees(atan2(to_x - x, to_y - y)) % 360
        return Seen(float(here[0]), float(here[1]), self._kmh if driven else 0.0, heading)


def circuit(start: Place, stops: Sequence[Place], count: int) -> list[Place]:
    """Give the start and the `count` stops nearest to it, in the order one goes round them.

    Ordered by their direction from the middle: no way crosses another. Stops closer together than
    thirty metres are one.
    """
    plane = LocalPlane(*start)
    metres = plane.to_metres([start, *stops])
    near = np.argsort(np.hypot(metres[:, 0], metres[:, 1]), kind="stable")
    chosen: list[int] = []
    for one in near:
        if all(np.hypot(*(metres[one] - metres[other])) >= _APART for other in chosen):
            chosen.append(int(one))
        if len(chosen) > count:
            break
    middle = metres[chosen].mean(axis=0)
    round_ = sorted(chosen, key=lambda one: atan2(*(metres[one] - middle)))
    return [start if one == 0 else stops[one - 1] for one in round_]


_APART = 30.0

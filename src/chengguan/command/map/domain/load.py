"""Open cases by area: the load of grids, communities and streets, in classes a map can colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chengguan.cases.points import Points
from chengguan.core.area_numbers import area_code, cut

#: Digits of an area code at each level a load can be shown for.
LEVELS: Final = {"grid": 15, "community": 12, "street": 9, "district": 6}
_CLASSES: Final = 5


@dataclass(frozen=True, slots=True)
class Loads:
    """Open cases and those overdue by area code; `breaks` are the least numbers of classes 1 to 5."""

    counts: dict[str, int]
    red: dict[str, int]
    breaks: tuple[int, ...]

    def place(self, code: str) -> int:
        """Give the class of an area: 0 without open cases, else 1 to 5."""
        count = self.counts.get(code, 0)
        return sum(count >= one for one in self.breaks)


def loads(points: Points, level: str, at: datetime, *, whole: bool = False) -> Loads:
    """Count cases by the area of a level that they lie in."""
    numbers = cut(points.area, LEVELS[level])
    red = numbers[points.lights(at, whole=whole) == 3]
    counts = _count(numbers)
    return Loads(counts, _count(red), breaks_of(list(counts.values())))


def breaks_of(counts: list[int]) -> tuple[int, ...]:
    """Give the least count of each class: quantiles, each once, so that few areas make few classes.

    Where most areas have the same count, as unit grids with one case, quantiles of areas would put
    the heaviest in their class: there they are of the different counts.
    """
    if not counts:
        return ()
    different = np.unique(counts)
    found = _quantiles(np.sort(np.asarray(counts)))
    return found if len(found) == min(_CLASSES, len(different)) else _quantiles(different)


def _quantiles(values: NDArray[np.int64]) -> tuple[int, ...]:
    shares = np.linspace(0, 1, _CLASSES, endpoint=False)
    return tuple(sorted({int(values[int(share * len(values))]) for share in shares}))


def by_hour(points: Points, first: datetime, hours: int) -> list[int]:
    """Give how many of the cases were open at each full hour from `first` on."""
    asked = np.array([(first + timedelta(hours=hour)).timestamp() for hour in range(hours)])
    opened = np.searchsorted(np.sort(points.opened), asked, "right")
    closed = np.searchsorted(np.sort(points.closed), asked, "right")
    counts: list[int] = (opened - closed).tolist()
    return counts


def _count(numbers: NDArray[np.int64]) -> dict[str, int]:
    areas, counts = np.unique(numbers[numbers != 0], return_counts=True)
    return {area_code(int(area)): int(count) for area, count in zip(areas, counts, strict=True)}

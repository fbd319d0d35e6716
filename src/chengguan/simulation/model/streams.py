"""Separate random streams by name: one seed, and no agent's draws disturb another's.

A stream's seed is SHA-256 of the run's seed, the district's mark and the stream's name, so it
depends neither on the order in which streams are asked for nor on Python's own hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import exp
from random import Random

_MOST_MEAN = 500.0


class Streams:
    """The random streams of one run, or of one of its districts, which `mark` names."""

    def __init__(self, seed: int, mark: str = "") -> None:
        self.seed = seed
        self._of: tuple[str | int, ...] = (seed, mark) if mark else (seed,)

    def of(self, *name: str | int) -> Random:
        """Give a fresh stream of this name; asked twice, both give the same numbers."""
        text = "/".join(map(str, (*self._of, *name)))
        return Random(int.from_bytes(sha256(text.encode()).digest(), "big"))  # noqa: S311


def poisson(chance: Random, mean: float) -> int:
    """Draw a number of events (Knuth, in pieces so that e^-mean never vanishes)."""
    count = 0
    while mean > 0:
        piece, mean = min(mean, _MOST_MEAN), mean - _MOST_MEAN
        floor, product = exp(-piece), chance.random()
        while product > floor:
            count += 1
            product *= chance.random()
    return count


def pick(chance: Random, weights: Sequence[float]) -> int:
    """Draw an index by weight; `weights` are cumulated here and need not sum to 1."""
    left = chance.random() * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)


def spread(chance: Random, median: float, sigma: float = 0.5) -> float:
    """Draw a duration around `median`: log-normal, in the median's unit."""
    return median * exp(chance.gauss(0.0, sigma))

"""Paired differences: mean, 95 % interval by Student's t, and Holm's correction for looking at many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import atan, cos, inf, pi, sin, sqrt
from statistics import fmean, stdev

from .measures import Measure

LEVEL = 0.95
Told = Mapping[str, float | None]
#: The figures of the base and of the other plan under one seed.
Both = tuple[Told, Told]
#: Verdicts, and how a page says them.
VERDICTS = {
    "better": "更好",
    "worse": "更差",
    "more": "增加",
    "less": "减少",
    "noise": "未超出偶然",
    "unknown": "数据不足",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both plans over the seeds; `n` pairs in which both could tell it.

    `low`–`high` is the 95 % interval of the mean difference alone; `p` its two-sided p-value,
    `p_holm` corrected for all figures looked at; the verdict goes by the corrected one.
    `improved` is the share of seeds in which the other plan was better (more, where neither way
    is good).
    """

    code: str
    n: int
    base: float | None = None
    other: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    improved: float | None = None
    verdict: str = "unknown"


def differences(measures: Sequence[Measure], pairs: Sequence[Both]) -> list[Difference]:
    """Compare every figure over the pairs (base, other), one for each seed."""
    found = [_difference(one, pairs) for one in measures]
    corrected = holm([one.p for one in found])
    return [
        replace(one, p_holm=p, verdict=_verdict(measure, one, p))
        for measure, one, p in zip(measures, found, corrected, strict=True)
    ]


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values so that the chance of any false finding among them stays 5 % (Holm 1979)."""
    asked = sorted((p, n) for n, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    highest = 0.0
    for rank, (p, n) in enumerate(asked):
        highest = max(highest, min(1.0, (len(asked) - rank) * p))
        corrected[n] = highest
    return corrected


def two_sided(t: float, freedom: int) -> float:
    """Give the chance that |T| of `freedom` degrees is greater: the finite series for whole numbers.

    Source: Abramowitz & Stegun, 26.7.3 and 26.7.4.
    """
    angle = atan(abs(t) / sqrt(freedom))
    step = cos(angle) ** 2
    term, total, first = (1.0, 0.0, 0) if freedom % 2 == 0 else (cos(angle), 0.0, 1)
    for k in range(first, freedom - 1, 2):
        total += term
        term *= step * (k + 1) / (k + 2)
    if freedom % 2 == 0:
        inner = sin(angle) * total
    else:
        inner = 2 / pi * (angle + sin(angle) * total)
    return max(0.0, 1.0 - inner)


def t_bound(freedom: int, level: float = LEVEL) -> float:
    """Give the t that |T| of `freedom` degrees exceeds with chance 1 - level."""
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, freedom) > 1 - level else (low, middle)
    return high


def _difference(measure: Measure, pairs: Sequence[Both]) -> Difference:
    values = [(one.get(measure.code), two.get(measure.code)) for one, two in pairs]
    told = [(a, b) for a, b in values if a is not None and b is not None]
    n = len(told)
    if n < 2:
        return Difference(measure.code, n)
    gaps = [b - a for a, b in told]
    mean, error = fmean(gaps), stdev(gaps) / sqrt(n)
    half = t_bound(n - 1) * error
    t = mean / error if error > 0 else (inf if mean else 0.0)
    good = measure.good or 1
    return Difference(
        measure.code,
        n,
        fmean(a for a, _ in told),
        fmean(b for _, b in told),
        mean,
        mean - half,
        mean + half,
        two_sided(t, n - 1),
        improved=sum(gap * good > 0 for gap in gaps) / n,
    )


def _verdict(measure: Measure, one: Difference, p: float | None) -> str:
    if p is None or one.mean is None:
        return "unknown"
    if p >= 1 - LEVEL:
        return "noise"
    if measure.good == 0:
        return "more" if one.mean > 0 else "less"
    return "better" if one.mean * measure.good > 0 else "worse"

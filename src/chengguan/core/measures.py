"""The registry of measures: every number anyone is judged by, as sums of facts.

A measure names the 0/1 facts (or durations) that are summed above and below
the line; the same names select the rows when someone opens the number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Measure:
    """One indicator.

    `name` is dotted and stable ("unit.on_time_rate"), `numerator` and
    `denominator` are names of facts, `source` the standard or rule with its
    place. Without a denominator the measure is a plain sum.
    """

    name: str
    title: str
    unit: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    source: str = ""

    def value(self, sums: Mapping[str, int | Decimal]) -> Decimal | None:
        """Return the measure from summed facts; None where nothing was due.

        A measure in "%" is 0 to 100. Raises `KeyError` for a fact not summed.
        """
        above = sum((Decimal(sums[fact]) for fact in self.numerator), Decimal(0))
        if not self.denominator:
            return above
        below = sum((Decimal(sums[fact]) for fact in self.denominator), Decimal(0))
        if not below:
            return None
        return above * (100 if self.unit == "%" else 1) / below


_measures: dict[str, Measure] = {}


def register(measure: Measure) -> Measure:
    """Add a measure; the same again is fine, another of that name a `ValueError`."""
    known = _measures.setdefault(measure.name, measure)
    if known != measure:
        raise ValueError(f"measure {measure.name} is registered with another meaning")
    return measure


def find(name: str) -> Measure:
    """Return the measure of that name; raises `KeyError`."""
    return _measures[name]


def registered(prefix: str = "") -> list[Measure]:
    """Return the measures whose name starts with `prefix`, by name."""
    return [_measures[name] for name in sorted(_measures) if name.startswith(prefix)]

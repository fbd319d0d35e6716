"""Truth against platform: every figure as reported and as it was, in all and by matter, area, unit.

With a baseline (the same city with everybody honest) a figure lies when its gap to the truth has
moved by more than both runs' chance explains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

from .figures import Figure, figures
from .records import CaseRow, ProblemRow, Records, read_run

RESULT = "compare.json"
#: Standard errors from which a moved gap is a lie; of dozens of groups one would move by chance.
_SURE, _SURE_OF_MANY = 2.0, 3.5
#: A gap that moves by less than this is nobody's lie, however many cases there are.
LEAST = {"share": 0.01, "hours": 0.05, "count": 0.05}


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure with its gap in the baseline; `lies` is None without one."""

    figure: Figure
    honest_gap: float | None = None
    lies: bool | None = None

    @property
    def moved(self) -> float | None:
        """By how much the gap differs from the honest one."""
        if self.honest_gap is None or self.figure.gap is None:
            return None
        return self.figure.gap - self.honest_gap


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out: the figures in all, and by group (matter, area, unit → code → figures).

    `names` gives the groups' Chinese names.
    """

    title: str
    said: Mapping[str, Any]
    spoils: Mapping[str, int]
    whole: list[Judged]
    groups: dict[str, dict[str, list[Judged]]] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def figure(self, code: str) -> Judged:
        """Give a figure of the whole by code."""
        return next(one for one in self.whole if one.figure.code == code)

    @property
    def lying(self) -> list[str]:
        """The codes of the figures that lie."""
        return [one.figure.code for one in self.whole if one.lies]

    def to_json(self) -> dict[str, Any]:
        """Give the whole as plain data, the same for the same runs."""
        return {
            "title": self.title,
            "run": dict(self.said),
            "spoils": dict(self.spoils),
            "whole": [_plain(one) for one in self.whole],
            "groups": {
                kind: {name: [_plain(one) for one in found] for name, found in rows.items()}
                for kind, rows in self.groups.items()
            },
        }


def compare(folder: Path, baseline: Path | None = None) -> Comparison:
    """Compare a run's truth with the present database; `baseline` is a folder compared before.

    Raises:
        FileNotFoundError: the folder holds no run, or the baseline no comparison.
    """
    records = read_run(folder)
    honest = json.loads((baseline / RESULT).read_text(encoding="utf-8")) if baseline else None
    return compared(records, honest)


def compared(records: Records, honest: Mapping[str, Any] | None = None) -> Comparison:
    """Compare rows that have been read; `honest` is the baseline's `to_json`."""
    before = honest or {"whole": [], "groups": {}}
    whole = _judged(figures(records), before["whole"], _SURE)
    groups = {
        kind: _grouped(records, key, before["groups"].get(kind, {})) for kind, key in _KEYS.items()
    }
    return Comparison(
        records.scenario.city.name, records.said, records.spoils, whole, groups, _names(records)
    )


def judge(figure: Figure, honest: Mapping[str, Any] | None, sure: float = _SURE) -> Judged:
    """Hold a figure against the baseline's; it lies from `sure` standard errors on."""
    if honest is None:
        return Judged(figure)
    before, gap = honest["gap"], figure.gap
    if before is None or gap is None:
        return Judged(figure, before)
    chance = sure * sqrt(figure.se**2 + honest["se"] ** 2)
    return Judged(figure, before, abs(gap - before) > max(chance, LEAST[figure.kind]))


Row = ProblemRow | CaseRow
_KEYS: dict[str, Callable[[Row], str]] = {
    "matter": lambda row: row.matter,
    "area": lambda row: row.grid[:12],
    "unit": lambda row: row.unit,
}


def _judged(
    found: Sequence[Figure], before: Sequence[Mapping[str, Any]], sure: float
) -> list[Judged]:
    gaps = {one["code"]: one for one in before}
    return [judge(one, gaps.get(one.code), sure) for one in found]


def _grouped(
    records: Records, key: Callable[[Row], str], before: Mapping[str, Any]
) -> dict[str, list[Judged]]:
    problems: dict[str, list[ProblemRow]] = {}
    cases: dict[str, list[CaseRow]] = {}
    for problem in records.problems:
        problems.setdefault(key(problem), []).append(problem)
    for case in records.cases:
        cases.setdefault(key(case), []).append(case)
    names = sorted(problems.keys() | cases.keys())
    return {
        name: _judged(
            figures(records.only(problems.get(name, ()), cases.get(name, ()))),
            before.get(name, ()),
            _SURE_OF_MANY,
        )
        for name in names
    }


def _names(records: Records) -> dict[str, dict[str, str]]:
    """Give the Chinese names of the groups; what has none is called by its code."""
    areas = sorted({one.grid[:12] for one in records.problems})
    cut = 6 if len({code[:6] for code in areas}) < 2 else 4
    return {
        "matter": {one.code: one.name for one in records.scenario.matters},
        "unit": dict(records.said["units"]),
        # A city of several districts has communities of one number in each of them.
        "area": {code: f"社区 {code[cut:]}" for code in areas},
    }


def _plain(one: Judged) -> dict[str, Any]:
    figure = one.figure
    return {
        **asdict(figure),
        "gap": figure.gap,
        "agrees": figure.agrees,
        "honest_gap": one.honest_gap,
        "lies": one.lies,
    }

"""One measured figure, its target, its floor, and what bounds it."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass
class Figure:
    """A measurement: `value` in `unit`; `at_most` says whether less is better.

    `floor` is the same work in raw PostgreSQL, same run, same unit; `share` is value/floor.
    """

    name: str
    title: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False
    floor: float | None = None
    floor_is: str = ""
    bound_by: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def record(self) -> dict[str, Any]:
        """Give the figure as it stands in the JSON."""
        found = asdict(self) | {"met": self.met}
        if self.floor:
            found["share_of_floor"] = round(self.value / self.floor, 4)
        return found

    def line(self, before: dict[str, Any] | None = None) -> str:
        """Give one line for the terminal, with the ratio to an earlier run."""
        mark = {True: "✓", False: "✗", None: "·"}[self.met]
        parts = [f"{mark} {self.name:<18}{self.value:>12,.1f} {self.unit:<8}"]
        if self.target is not None:
            parts.append(f"{'≤' if self.at_most else '≥'} {self.target:,.0f}")
        if self.floor:
            parts.append(f"floor {self.floor:,.0f} ({self.value / self.floor:.1%})")
        if before and before.get("value"):
            parts.append(f"×{self.value / before['value']:.2f} of baseline")
        return "  ".join(parts)


def median(values: Sequence[float]) -> float:
    """Give the median, 0 of nothing."""
    return statistics.median(values) if values else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which `share` (0 to 1) of the values lie (nearest rank)."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def circumstances(root: Path, cases: int) -> dict[str, Any]:
    """Say where and when: without that a figure is worth nothing."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": [round(one, 2) for one in os.getloadavg()],
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cases": cases,
    }


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Give the figures of an earlier run by name."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return {one["name"]: one for one in found["figures"]}


def write(path: Path, about: dict[str, Any], figures: Sequence[Figure]) -> None:
    """Write a run as one JSON document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = about | {"figures": [one.record() for one in figures]}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

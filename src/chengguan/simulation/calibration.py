"""A simulated city beside published figures: volume, mix, sources, handling times, hours of the day.

Only what the platform holds of the run is measured: that is what the published figures are, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from chengguan.core.errors import Invalid

from .figures import OWN, PUBLIC
from .model.problems import DAY, HOUR
from .records import CaseRow, Records
from .tables import table

#: Cases of the last days may still be open: the closed ones are counted among the older.
_YOUNG = 7 * DAY
#: Major classes 01 to 05 of GB/T 47678.5 are anomalies of components (部件).
_COMPONENTS = ("01", "02", "03", "04", "05")
_MANHOLE = "01003"


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure and how near is near enough."""

    code: str
    title: str
    value: float
    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A published figure and the simulated one; None where the run has nothing to measure."""

    published: Published
    simulated: float | None

    @property
    def near(self) -> bool:
        """Whether the simulated figure lies within the allowance."""
        return (
            self.simulated is not None
            and self.published.low <= self.simulated <= self.published.high
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures, and public reports by hour of the day (shares), published and simulated."""

    figures: list[Measured]
    hours: list[float]
    simulated_hours: list[float]

    @property
    def hours_apart(self) -> float:
        """Half the sum of the hours' differences: 0 the same, 1 nothing in common."""
        pairs = zip(self.hours, self.simulated_hours, strict=True)
        return sum(abs(one - other) for one, other in pairs) / 2

    def text(self) -> str:
        """Write the table."""
        rows = [["指标", "公布", "容许", "模拟", "是否相近", "出处"]]
        for one in self.figures:
            known = one.published
            rows.append(
                [
                    known.title,
                    _shown(known.value),
                    f"{_shown(known.low)}–{_shown(known.high)}",
                    "—" if one.simulated is None else _shown(one.simulated),
                    "是" if one.near else "否",
                    known.source,
                ]
            )
        return "\n".join(
            [*table(rows), f"公众来件的时刻分布相差 {self.hours_apart:.3f}（0 为相同）"]
        )


def load_published(path: Path) -> tuple[list[Published], list[float]]:
    """Read the published figures and the hours' counts.

    Raises:
        Invalid: the file is no such table.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return [Published(**one) for one in data["figures"]], data["hours"]["counts"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise Invalid(
            "simulation.published",
            f"{path.name} 无法读取：{error}",
            mend="请对照 data/simulation/published.toml。",
        ) from error


def calibrate(records: Records, path: Path) -> Calibration:
    """Measure a run against the published figures of a file."""
    published, counts = load_published(path)
    figures = [Measured(one, _MEASURES[one.code](records)) for one in published]
    hours = [0] * 24
    for case in records.cases:
        if case.source in PUBLIC:
            hours[case.reported % DAY // HOUR] += 1
    return Calibration(figures, _shares(counts), _shares(hours))


def per_day(records: Records) -> float | None:
    """Cases filed a day, brought to the reference number of grids."""
    days = records.end / DAY
    city = records.scenario.city
    return len(_filed(records)) / days * city.reference_grids / city.grids


def first_category(records: Records) -> float | None:
    """The share of the most frequent matter."""
    codes = [one.matter for one in _filed(records)]
    return max(codes.count(code) for code in set(codes)) / len(codes) if codes else None


def components(records: Records) -> float | None:
    """The share of anomalies of components."""
    return _share(_filed(records), lambda one: one.matter.startswith(_COMPONENTS))


def manholes(records: Records) -> float | None:
    """The share of rain-water manholes."""
    return _share(_filed(records), lambda one: one.matter == _MANHOLE)


def closed(records: Records) -> float | None:
    """The share closed, of cases filed more than a week before the end."""
    old = [one for one in _filed(records) if (one.filed or 0) < records.end - _YOUNG]
    return _share(old, lambda one: one.closed is not None)


def on_time(records: Records) -> float | None:
    """The platform's on-time share."""
    judged = [one for one in records.cases if one.on_time is not None]
    return _share(judged, lambda one: bool(one.on_time))


def median_hours(records: Records) -> float | None:
    """The median from report to close, hours."""
    times = [one.closed - one.reported for one in _filed(records) if one.closed is not None]
    return median(times) / HOUR if times else None


def own_staff(records: Records) -> float | None:
    """The share of cases from the city's own people and devices."""
    return _share(_filed(records), lambda one: one.source in OWN)


_MEASURES: dict[str, Callable[[Records], float | None]] = {
    one.__name__: one
    for one in (
        per_day,
        first_category,
        components,
        manholes,
        closed,
        on_time,
        median_hours,
        own_staff,
    )
}


def _filed(records: Records) -> list[CaseRow]:
    return [one for one in records.cases if one.filed is not None]


def _share(cases: Sequence[CaseRow], of: Callable[[CaseRow], bool]) -> float | None:
    return sum(map(of, cases)) / len(cases) if cases else None


def _shares(counts: Sequence[int | float]) -> list[float]:
    total = sum(counts)
    return [one / total if total else 0.0 for one in counts]


def _shown(value: float) -> str:
    return f"{100 * value:.1f}%" if value <= 1 else f"{value:.1f}"

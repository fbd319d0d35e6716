"""Counts all figures of a page together: two statements for all plain ones, two for each split.

Open cases and closed ones are looked at apart, because each half has indexes of its own: open
ones are few, and of the closed ones only those that closed since the earliest window began can
matter. No instant of a case lies behind its end, so this loses none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Aggregate, Count, DurationField, F, Q, QuerySet
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case

from ..queries import reach_of
from .declared import counted, figure_of
from .figure import DIMENSIONS, STEPS, Cell, ListFigure, Median, Share, Split, narrowed
from .windows import window_of

OPEN: Final = Q(closed_at__isnull=True)


class Middle(Aggregate):
    """The median of an expression, by PostgreSQL's own percentile."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted, and the instant it was counted at."""

    at: datetime
    values: Mapping[Cell, float | None]
    splits: Mapping[Split, Mapping[str, int]]

    def value(self, cell: Cell) -> float | None:
        """Give a cell's number; a share's lies between 0 and 100, None where there is no case."""
        return self.values[cell]


def count_now(
    principal: Principal, cells: Sequence[Cell], splits: Sequence[Split] = (), *, at: datetime | None = None
) -> Counts:  # fmt: skip
    """Count cells and splits for a principal, without any cache."""
    now = at or timezone.now()
    reach = reach_of(principal)
    plain = _plain(cells)
    values: dict[Cell, float | None] = dict(_counted(reach, plain, now))
    values |= _medians(reach, cells, now)
    for cell in cells:
        figure = figure_of(cell.figure)
        if isinstance(figure, Share):
            part, whole = (
                values[Cell(code, cell.window, cell.narrow)] or 0
                for code in (figure.part, figure.whole)
            )
            values[cell] = 100 * part / whole if whole else None
        elif isinstance(figure, ListFigure):
            values[cell] = _length(figure.rows(principal, window_of(cell.window, now), now))
    found: dict[Split, Mapping[str, int]] = {}
    for group in _alike(splits):
        found |= _grouped(reach, group, now)
    return Counts(now, values, found)


def condition_of(cell: Cell, at: datetime) -> Q:
    """Give the condition on cases of one cell; rows and counts are both made of it."""
    window = window_of(cell.window, at)
    return counted(cell.figure).q(window, at) & narrowed(cell.narrow)


def halves(cells: Iterable[Cell], at: datetime) -> list[Q]:
    """Give the halves of all cases in which the rows of these cells lie, each by its own index."""
    asked = list(cells)
    starts = [
        window_of(cell.window, at).start for cell in asked if not counted(cell.figure).open_only
    ]
    found = [OPEN] if asked else []
    if starts:
        known = [start for start in starts if start is not None]
        since = Q(closed_at__gte=min(known)) if len(known) == len(starts) else Q()
        found.append(Q(closed_at__isnull=False) & since)
    return found


def _plain(cells: Iterable[Cell]) -> list[Cell]:
    """Give the counts that cells are made of, each once."""
    found: dict[Cell, None] = {}
    for cell in cells:
        figure = figure_of(cell.figure)
        if isinstance(figure, Share):
            for code in (figure.part, figure.whole):
                found[Cell(code, cell.window, cell.narrow)] = None
        elif isinstance(figure, Median):
            found[Cell(figure.of, cell.window, cell.narrow)] = None
        elif not isinstance(figure, ListFigure):
            found[cell] = None
    return list(found)


def _counted(reach: Q, cells: Sequence[Cell], at: datetime) -> dict[Cell, int]:
    sums = dict.fromkeys(cells, 0)
    for half in halves(cells, at):
        about = [cell for cell in cells if half is OPEN or not counted(cell.figure).open_only]
        asked = {
            f"n{i}": Count("pk", filter=condition_of(cell, at)) for i, cell in enumerate(about)
        }
        row = Case.objects.filter(half, reach).aggregate(**asked) if asked else {}
        for index, cell in enumerate(about):
            sums[cell] += row[f"n{index}"]
    return sums


def _medians(reach: Q, cells: Sequence[Cell], at: datetime) -> dict[Cell, float | None]:
    found: dict[Cell, float | None] = {}
    for cell in cells:
        figure = figure_of(cell.figure)
        if isinstance(figure, Median):
            of = Cell(figure.of, cell.window, cell.narrow)
            rows = Case.objects.filter(halves([of], at)[-1], reach, condition_of(of, at))
            middle: timedelta | None = rows.aggregate(
                middle=Middle(F(figure.until) - F(figure.since))
            )["middle"]
            found[cell] = None if middle is None else middle.total_seconds()
    return found


def _alike(splits: Iterable[Split]) -> list[list[Split]]:
    """Put together what one GROUP BY can count: the same key over the same time column."""
    groups: dict[tuple[str, str], list[Split]] = defaultdict(list)
    for split in splits:
        when = counted(split.figure).when if split.by in STEPS else ""
        groups[split.by, when].append(split)
    return list(groups.values())


def _grouped(reach: Q, splits: Sequence[Split], at: datetime) -> dict[Split, Mapping[str, int]]:
    cells = {split: Cell(split.figure, split.window, split.narrow) for split in splits}
    found: dict[Split, dict[str, int]] = {split: {} for split in splits}
    key = _key(splits[0])
    for half in halves(cells.values(), at):
        about = [s for s in splits if half is OPEN or not counted(s.figure).open_only]
        if not about:
            continue
        conditions = [condition_of(cells[split], at) for split in about]
        any_of = conditions[0]
        for one in conditions[1:]:
            any_of |= one
        rows = Case.objects.filter(half, reach, any_of).order_by().annotate(figure_key=key)
        asked = {f"n{i}": Count("pk", filter=one) for i, one in enumerate(conditions)}
        counted_rows: QuerySet[Any, Any] = rows.values("figure_key").annotate(**asked)
        for row in counted_rows:
            name = _name(splits[0].by, row["figure_key"])
            for index, split in enumerate(about):
                if row[f"n{index}"]:
                    found[split][name] = found[split].get(name, 0) + row[f"n{index}"]
    return dict(found)


def _key(split: Split) -> Any:
    if split.by in STEPS:
        trunc = TruncDay if split.by == "day" else TruncHour
        return trunc(counted(split.figure).when, tzinfo=timezone.get_current_timezone())
    return DIMENSIONS[split.by]


def _name(by: str, key: Any) -> str:
    return timezone.localtime(key).strftime(STEPS[by]) if by in STEPS else str(key)


def _length(rows: QuerySet[Any] | Sequence[Any]) -> int:
    return rows.count() if isinstance(rows, QuerySet) else len(rows)

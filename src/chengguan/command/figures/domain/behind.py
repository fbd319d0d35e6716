"""The rows behind one cell: exactly those that were counted, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case

from ..queries import reach_of
from .counting import condition_of, halves
from .declared import figure_of
from .figure import Cell, ListFigure
from .windows import window_of


def case_ids(principal: Principal, cell: Cell, at: datetime, start: int, size: int) -> list[int]:
    """Give some ids of the cases of a cell, the latest reported first, from the `start`th on."""
    found = _cases(principal, cell, at).order_by("-opened_at", "-id")
    return list(found.values_list("pk", flat=True)[start : start + size])


def other_rows(
    principal: Principal, cell: Cell, at: datetime, start: int, size: int
) -> Sequence[Any]:
    """Give some of the things that a figure of something else counts."""
    figure = figure_of(cell.figure)
    assert isinstance(figure, ListFigure)
    found = figure.rows(principal, window_of(cell.window, at), at)
    return list(found[start : start + size])


def every_case(principal: Principal, cell: Cell, at: datetime, step: int = 500) -> Iterator[int]:
    """Give the ids of all cases of a cell, as one snapshot read in steps."""
    found = _cases(principal, cell, at).order_by("-opened_at", "-id").values_list("pk", flat=True)
    yield from found.iterator(chunk_size=step)


def _cases(principal: Principal, cell: Cell, at: datetime) -> QuerySet[Case]:
    wanted = halves([cell], at)
    either = wanted[0]
    for half in wanted[1:]:
        either |= half
    return Case.objects.filter(either, reach_of(principal), condition_of(cell, at))

"""The figures of one page, kept for seconds for all who have the same reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import NotAllowed
from chengguan.store.brief import Brief

from ..queries import reach_of
from .counting import Counts, count_now
from .declared import figure_of
from .figure import SEERS, Cell, ListFigure, Median, Share, Split

#: Days that are over change only when a report comes late.
PAST: Final = 300.0
#: Seconds a count is kept: short ones are by index, a long window reads what closed in it.
SHORT: Final = 0.5
LONG: Final = 30.0
_LONG_WINDOWS: Final = frozenset({"30d", "90d"})
_kept: Final[Brief[Counts]] = Brief()


@dataclass
class Board:
    """What a page wants counted; `count` does it, and then the page's tags ask for their cells."""

    principal: Principal
    cells: list[Cell] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)
    kinds: list[float] = field(default_factory=list)
    #: Cells of a split that a page prints one by one; filled by `spread`.
    extra: dict[Cell, int] = field(default_factory=dict)

    def ask(self, *codes: str, window: str = "now", **narrow: str) -> Board:
        """Ask for these figures in one window, narrowed alike."""
        self.cells += [cell_of(code, window, **narrow) for code in codes]
        return self

    def split(self, *codes: str, by: str, window: str = "now", **narrow: str) -> Board:
        """Ask for these figures by each value of a dimension, or each day or hour."""
        self.splits += [Split(code, by, window, tuple(sorted(narrow.items()))) for code in codes]
        return self

    def count(self, *, fresh: bool = False) -> Board:
        """Count all that was asked; what the short and long windows hold is kept apart.

        `fresh` counts the short ones anew, whatever is kept.

        Raises:
            NotAllowed: the person may see none of these figures.
        """
        asked = [one.figure for one in self.cells] + [one.figure for one in self.splits]
        for code in dict.fromkeys(asked):
            require(self.principal, code)
        for seconds in (SHORT, LONG, PAST):
            cells = tuple(c for c in self.cells if _seconds(c.window) == seconds)
            splits = tuple(s for s in self.splits if _seconds(s.window) == seconds)
            if cells or splits:
                self.kinds.append(seconds)
                self.counts.append(
                    _counts(
                        self.principal, cells, splits, 0 if fresh and seconds != PAST else seconds
                    )
                )
        return self

    @property
    def at(self) -> datetime:
        """The instant of the oldest count on the page; days long over don't make it older."""
        fresh = [
            one.at for one, seconds in zip(self.counts, self.kinds, strict=True) if seconds != PAST
        ]
        return min(fresh, default=timezone.now())

    def value(self, cell: Cell) -> float | None:
        """Give a cell's number."""
        if cell in self.extra:
            return self.extra[cell]
        for one in self.counts:
            if cell in one.values:
                return one.values[cell]
        raise KeyError(f"{cell} was not asked for")

    def parts(self, split: Split) -> dict[str, int]:
        """Give a split's counts by value, values without a case left out."""
        for one in self.counts:
            if split in one.splits:
                return dict(one.splits[split])
        raise KeyError(f"{split} was not asked for")

    def spread(self, split: Split, keys: Sequence[str]) -> list[Cell]:
        """Give the cells of these values of a split, a value without a case as nought."""
        parts = self.parts(split)
        self.extra |= {split.cell(key): parts.get(key, 0) for key in keys}
        return [split.cell(key) for key in keys]


def cell_of(code: str, window: str = "now", **narrow: str) -> Cell:
    """Give a cell from words."""
    return Cell(code, window, tuple(sorted(narrow.items())))


def require(principal: Principal, code: str) -> None:
    """Refuse a figure to those whose posts don't allow it.

    Raises:
        NotAllowed: no post does.
        NotFound: there is no such figure.
    """
    figure = figure_of(code)
    wanted = figure.needs if not isinstance(figure, Share | Median) else SEERS
    if not any(principal.can(one) for one in wanted):
        raise NotAllowed(
            "figures.not_allowed",
            f"您的岗位不能查看“{figure.title}”。",
            mend="如确需查看，请联系系统管理员授予相应岗位。",
        )


def parts_of(code: str) -> tuple[str, ...]:
    """Give the counts a figure is made of: itself, a share's two, a median's rows."""
    figure = figure_of(code)
    if isinstance(figure, Share):
        return figure.part, figure.whole
    return (figure.of,) if isinstance(figure, Median) else (code,)


def _seconds(window: str) -> float:
    if window in _LONG_WINDOWS:
        return LONG
    past = (
        window[:1].isdigit() and window != "7d" and window[:10] < timezone.localdate().isoformat()
    )
    return PAST if past else SHORT


def _counts(
    principal: Principal, cells: tuple[Cell, ...], splits: tuple[Split, ...], seconds: float
) -> Counts:
    own = any(isinstance(figure_of(cell.figure), ListFigure) for cell in cells)
    who = principal.user_id if own else None
    key = (reach_of(principal), who, cells, splits)
    if not seconds:
        return count_now(principal, cells, splits)
    return _kept.get(key, seconds, lambda: count_now(principal, cells, splits))

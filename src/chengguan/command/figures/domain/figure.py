"""What a figure is: a code, words for it, and the rows it counts.

A count has rows of its own; a share is two counts, a median one count's middle. Nothing here is
stored and nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Left

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.registry.domain.duty_index import units

from .windows import NOW, Window

#: Any of these lets somebody see figures of cases; a wall alone counts its area and names nobody.
SEERS: Final[tuple[str, ...]] = (Capability.SEE_CASES, Capability.WALL)


@dataclass(frozen=True, slots=True)
class CaseFigure:
    """A count of cases. `when` is the instant that must lie in the window, "" for a standing count.

    `about` gives the condition at an instant; `how` says in one sentence what is counted.
    """

    code: str
    title: str
    how: str
    about: Callable[[datetime], Q]
    when: str = ""
    unit: str = "件"
    #: Only open cases can be meant: the closed ones, which are many, are not looked at.
    open_only: bool = False
    needs: tuple[str, ...] = SEERS

    def q(self, window: Window, at: datetime) -> Q:
        """Give the condition on cases in that window.

        Raises:
            Invalid: a standing count is asked for a span, or the other way round.
        """
        if bool(self.when) != (window.code != NOW):
            raise Invalid(
                "figures.window",
                f"“{self.title}”不能按“{window.title}”统计。",
                mend="请从页面上的数字进入。",
                field="window",
            )
        span = Q()
        if self.when:
            span = Q(**{f"{self.when}__gte": window.start, f"{self.when}__lt": window.end})
        return self.about(at) & span


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `whole` are `part`, as a percentage; both are counts and part is among whole."""

    code: str
    title: str
    how: str
    part: str
    whole: str
    unit: str = "%"


@dataclass(frozen=True, slots=True)
class Median:
    """The middle wall time from one instant to another, in seconds, over the cases of `of`."""

    code: str
    title: str
    how: str
    of: str
    since: str
    until: str
    unit: str = "秒"


@dataclass(frozen=True, slots=True)
class Line:
    """One row behind a figure that doesn't count cases: what it is, and where it leads."""

    title: str
    note: str = ""
    url: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListFigure:
    """A count of something else: `rows` gives what is counted, `lines` shows a page of it."""

    code: str
    title: str
    how: str
    rows: Callable[[Principal, Window, datetime], QuerySet[Any] | Sequence[Any]]
    lines: Callable[[Sequence[Any]], Sequence[Line]]
    needs: tuple[str, ...]
    unit: str = "项"


Figure = CaseFigure | Share | Median | ListFigure


@dataclass(frozen=True, slots=True)
class Cell:
    """One number asked for: a figure, a window, and what it is narrowed to."""

    figure: str
    window: str = NOW
    narrow: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """A figure asked for by each value of a dimension, or by each `day` or `hour` of its window."""

    figure: str
    by: str
    window: str = NOW
    narrow: tuple[tuple[str, str], ...] = ()

    def cell(self, key: str) -> Cell:
        """Give the cell that has the rows of one value."""
        if self.by in STEPS:
            return Cell(self.figure, key, self.narrow)
        return Cell(self.figure, self.window, tuple(sorted((*self.narrow, (self.by, key)))))


STEPS: Final = {"day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}


def _text(column: str) -> Any:
    return Coalesce(Cast(F(column), CharField()), Value(""))


#: What a figure of cases may be split by and narrowed to: the same expression for both, so that
#: the rows of a value are exactly those that were grouped under it.
DIMENSIONS: Final[dict[str, Any]] = {
    "unit": _text("unit_id"),
    "source": F("source"),
    "stage": F("stage"),
    "state": F("state"),
    "kind": F("kind"),
    "matter": F("matter_code"),
    "street": Left("area_code", 9),
    "community": Left("area_code", 12),
    "grid": Left("area_code", 15),
    "handler": _text("handler_id"),
}
#: Narrowing alone: an area, or a unit, with all below it.
AREA: Final = "area"
UNDER: Final = "under"


def narrowed(narrow: tuple[tuple[str, str], ...]) -> Q:
    """Give the condition of a narrowing.

    Raises:
        Invalid: there is no such dimension.
    """
    from django.db.models.lookups import Exact

    found = Q()
    for name, value in narrow:
        if name == AREA:
            found &= Q(area_code__startswith=value)
        elif name == UNDER:
            unit = units().get(int(value)) if value.isascii() and value.isdigit() else None
            found &= Q(unit_path__startswith=unit.path) if unit else Q(pk__in=[])
        elif name in DIMENSIONS:
            found &= Q(Exact(DIMENSIONS[name], Value(value)))
        else:
            raise Invalid("figures.dimension", f"不能按“{name[:20]}”细分。", field="narrow")
    return found

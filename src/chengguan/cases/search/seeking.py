"""The ids of a page: in order where many cases match, by the index where few do.

Nobody knows beforehand which it is, so both are tried, the cheaper first: a look through the newest
(most urgent) few thousand rows in order fills the page when what is asked is common; when it doesn't,
what is asked is rare, and the index has few cases to give. What the index can't know yet stands in
`index.tail` and is looked at as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any, Final

from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from chengguan.accounts.domain.principal import Principal

from ..by_reporter import may_know
from ..filters import CLOSED, OPEN, CaseFilter
from ..models import Case
from ..scoping import needed
from . import asking, index

#: Name → (column, descending, the half it has rows in; None: both).
SORTS: Final[dict[str, tuple[str, bool, Q | None]]] = {
    "-opened": ("opened_at", True, None),
    "opened": ("opened_at", False, None),
    "due": ("stage_due_at", False, OPEN),
    "-closed": ("closed_at", True, CLOSED),
}
#: Rows looked through in order before the index is asked: some milliseconds.
SLICE: Final = 6_000
#: The same for a count, which wants a thousand.
_COUNTED: Final = 20_000
_ALL: Final = 2**31

Found = list[tuple[int, datetime | None]]


class Seeker:
    """One filter as one principal asks it, in one order, from one place on."""

    def __init__(self, principal: Principal, wanted: CaseFilter, at: datetime, sort: str) -> None:
        self.principal = principal
        self.wanted = wanted
        self.column, self.descending, only = SORTS[sort]
        self.halves = [half for half in wanted.halves() if only is None or half is only]
        self.condition = wanted.q(at) & may_know(principal, wanted)
        self.parts = list(product(needed(principal, wanted), self.halves))

    def after(self, value: datetime | None, key: int) -> None:
        """Begin behind this row."""
        self.condition &= after(self.column, self.descending, value, key)

    def first(self, count: int) -> Found:
        """Give the first `count` ids with the value they are ordered by."""
        if not self.parts:
            return []
        if not asking.needs_index(self.wanted):
            return self._ordered(count)
        tail, ready = index.tail()
        if not ready:
            return self._ordered(count)
        bound = self._bound(SLICE)
        found = self._ordered(count, bound)
        if bound is None or len(found) >= count:
            return found
        return self._by_index(count, tail)

    def count(self, up_to: int) -> int:
        """Count the rows, no further than `up_to`."""
        if asking.needs_index(self.wanted):
            tail, ready = index.tail()
            if ready:
                bound = self._bound(_COUNTED)
                found = self._counted(up_to, bound)
                if bound is None or found >= up_to:
                    return found
                # A third of all cases may say it: a thousand are found among the first of them.
                few = len(self._by_index(up_to, tail, most=_COUNTED))
                return few if few >= up_to else len(self._by_index(up_to, tail, most=_ALL))
        return self._counted(up_to)

    def _counted(self, up_to: int, bound: Q | None = None) -> int:
        found: set[int] = set()
        for branch, half in self.parts:
            rows = Case.objects.filter(half, branch, self.condition, bound or Q())
            found.update(rows.values_list("id", flat=True)[:up_to])
        return min(len(found), up_to)

    def _ordered(self, count: int, bound: Q | None = None) -> Found:
        return self._merged(
            [
                self._sorted(Case.objects.filter(half, branch, self.condition, bound or Q()))[
                    :count
                ]
                for branch, half in self.parts
            ],
            count,
        )

    def _bound(self, size: int) -> Q | None:
        """Give the condition that keeps the first `size` rows of the longest part; None: all have fewer.

        Read off the index alone, without the conditions that no index carries.
        """
        ends: list[datetime] = []
        for branch, half in self.parts:
            rows = self._sorted(Case.objects.filter(half, branch, self._span()))
            ends += [value for _, value in rows[size : size + 1] if value is not None]
        if not ends:
            return None
        if self.descending:
            return Q(**{f"{self.column}__gte": max(ends)})
        return Q(**{f"{self.column}__lte": min(ends)})

    def _span(self) -> Q:
        wanted = self.wanted
        spans = {"opened_at__gte": wanted.opened_from, "opened_at__lt": wanted.opened_to}
        return Q(**{name: value for name, value in spans.items() if value is not None})

    def _by_index(self, count: int, tail: Sequence[int], *, most: int = 0) -> Found:
        """Give the first of the cases that the index names; any `count` of the first `most` it names, if said."""
        visible = _any_of([branch for branch, _ in self.parts])
        said, carried = asking.words(self.wanted), asking.marks(self.wanted)
        rows = []
        for half in self.halves:
            asked = asking.Asked(said.each + carried.each) if half is CLOSED else said
            found = Case.objects.filter(half, visible, self.condition)
            if asked:
                found = found.filter(_named(asked, tail, most))
            rows.append(
                found.values_list("id", self.column)[:count]
                if most
                else self._sorted(found)[:count]
            )
        return self._merged(rows, count)

    def _sorted(self, rows: QuerySet[Case]) -> QuerySet[Any, Any]:
        order = [F(self.column), F("id")]
        return rows.order_by(
            *(one.desc() if self.descending else one.asc() for one in order)
        ).values_list("id", self.column)

    def _merged(self, parts: Sequence[QuerySet[Any, Any]], count: int) -> Found:
        if not parts:
            return []
        whole = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True)
        found: dict[int, datetime | None] = dict(whole)
        # Among ascending orders a null comes last, as PostgreSQL has it; descending ones have none.
        keys = sorted(found, key=lambda key: _rank(found[key], key), reverse=self.descending)
        return [(key, found[key]) for key in keys[:count]]


def after(column: str, descending: bool, value: datetime | None, key: int) -> Q:
    """Give what follows the row of this value and id."""
    if value is None:
        return Q(**{f"{column}__isnull": True}, id__gt=key)
    if descending:
        return Q(**{f"{column}__lte": value}) & (Q(**{f"{column}__lt": value}) | Q(id__lt=key))
    later = Q(**{f"{column}__gte": value}) & (Q(**{f"{column}__gt": value}) | Q(id__gt=key))
    return later | Q(**{f"{column}__isnull": True}) if column == "stage_due_at" else later


def _named(asked: asking.Asked, tail: Sequence[int], most: int) -> RawSQL:
    """Give `id = ANY(ARRAY(…))`: an array is read first and whole, so that no plan can turn it round."""
    condition, values = asked.sql()
    limit = f" LIMIT {most}" if most else ""
    return RawSQL(  # noqa: S611 (our own text, values beside it)
        "cases_case.id = ANY(ARRAY((SELECT s.case_id FROM cases_searchentry s "  # noqa: S608
        f"WHERE {condition}{limit}) UNION ALL SELECT unnest(%s::bigint[])))",
        [*values, list(tail)],
        output_field=BooleanField(),
    )


def _any_of(conditions: Sequence[Q]) -> Q:
    whole = conditions[0]
    for one in conditions[1:]:
        whole = whole | one
    return whole


def _rank(value: datetime | None, key: int) -> tuple[bool, float, int]:
    return value is None, value.timestamp() if value else 0.0, key

"""The ids of a page: in order where many cases match, by the index where few do.

Nobody knows beforehand which it is, so both are tried, the cheaper first: a look through the newest
(most urgent) few thousand rows in order fills the page when what is asked is common; when it doesn't,
what is asked is rare, and the index has few cases to give. What the index can't know yet stands in
`index.tail` and is looked at as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from chengguan.accounts.domain.principal import Principal
from chengguan.store.prepared import fetch_all

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
SLICE: Final = 2_000
#: The shortest span of time the index is asked about.
LEAST_SPAN: Final = timedelta(days=1)
# A cursor may name any year; the calendar ends.
_LONGEST_SPAN: Final = timedelta(days=36_500)
_OUTERMOST: Final = (
    "SELECT {1}((SELECT {0}(opened_at) FROM cases_case WHERE closed_at IS NULL), "
    "(SELECT {0}(opened_at) FROM cases_case WHERE closed_at IS NOT NULL))"
)
_LESS: Final = {"min": "least", "max": "greatest"}

Found = list[tuple[int, datetime | None]]


class Seeker:
    """One filter as one principal asks it, in one order, from one place on."""

    def __init__(self, principal: Principal, wanted: CaseFilter, at: datetime, sort: str) -> None:
        self.principal = principal
        self.wanted = wanted
        self.column, self.descending, only = SORTS[sort]
        self.halves = [half for half in wanted.halves() if only is None or half is only]
        self.condition = wanted.q(at) & may_know(principal, wanted)
        self.at = at
        self.start: datetime | None = None
        self.behind = Q()
        self._within, self._beyond = ("gte", "lt") if self.descending else ("lte", "gt")
        self.branches = needed(principal, wanted)
        self.parts = list(product(self.branches, self.halves))

    def after(self, value: datetime | None, key: int) -> None:
        """Begin behind this row."""
        self.condition &= after(self.column, self.descending, value, key)
        if value is not None:
            self.start = value
            self.behind = Q(**{f"{self.column}__{'lte' if self.descending else 'gte'}": value})

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
        if bound is None:
            return self._ordered(count)
        found = self._ordered(count, Q(**{f"{self.column}__{self._within}": bound}))
        if len(found) >= count:
            return found
        if self.column == "opened_at":
            return self._in_spans(count, tail, found, bound)
        return self._by_index(count, tail)

    def count(self, up_to: int) -> int:
        """Count the rows, no further than `up_to`."""
        if asking.needs_index(self.wanted):
            return len(self.first(up_to))
        found: set[int] = set()
        for branch, half in self.parts:
            rows = Case.objects.filter(half, branch, self.condition)
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

    def _bound(self, size: int) -> datetime | None:
        """Give the value that ends the first `size` rows of the longer half; None: both have fewer.

        Read off the index alone, of all cases: those of one unit lie far apart.
        """
        ends: list[datetime] = []
        for half in self.halves:
            rows = self._sorted(Case.objects.filter(half, self.behind, self._span()))
            ends += [value for _, value in rows[size : size + 1] if value is not None]
        if not ends:
            return None
        return max(ends) if self.descending else min(ends)

    def _span(self) -> Q:
        wanted = self.wanted
        spans = {"opened_at__gte": wanted.opened_from, "opened_at__lt": wanted.opened_to}
        return Q(**{name: value for name, value in spans.items() if value is not None})

    def _in_spans(self, count: int, tail: Sequence[int], found: Found, edge: datetime) -> Found:
        """Go on from `edge` by the index, span by span, each as long as what was found makes likely.

        Of a common word a short span holds a page; of a rare one all of time holds few cases.
        """
        end = self._end()
        seen = max(abs(edge - (self.start or self._begin())), LEAST_SPAN)
        while len(found) < count:
            grown = min(8.0, max(2.0, 1.5 * (count - len(found)) / (len(found) + 0.2)))
            length = min(seen * grown, _LONGEST_SPAN)
            further = edge - length if self.descending else edge + length
            is_last = further <= end if self.descending else further >= end
            until = end if is_last else further
            inside = Q(**{f"opened_at__{self._beyond}": edge})
            if not is_last:
                inside &= Q(**{f"opened_at__{self._within}": until})
            found += self._by_index(count - len(found), tail, inside, (edge, until))
            if is_last:
                break
            edge, seen = further, seen + length
        return found

    def _begin(self) -> datetime:
        """Give where what is asked begins in time, in our order."""
        asked = self.wanted.opened_to if self.descending else self.wanted.opened_from
        if self.descending:
            return min(asked or self.at, self.at)
        first = self._outermost("min")
        return max(asked or first, first)

    def _end(self) -> datetime:
        """Give where what is asked ends in time; the filter itself holds what lies on the border."""
        asked = self.wanted.opened_from if self.descending else self.wanted.opened_to
        return asked or self._outermost("min" if self.descending else "max")

    def _outermost(self, function: str) -> datetime:
        # One for each half: each has an index of its own.
        ((found,),) = fetch_all(_OUTERMOST.format(function, _LESS[function]), [])
        return found or self.at

    def _by_index(
        self,
        count: int,
        tail: Sequence[int],
        inside: Q | None = None,
        span: tuple[datetime, datetime] | None = None,
    ) -> Found:
        """Give the first of the cases that the index names, of all or of those opened within a span."""
        visible = _any_of(self.branches)
        said, carried = asking.words(self.wanted), asking.marks(self.wanted)
        times = asking.times(*span) if span else []
        rows = []
        for half in self.halves:
            asked = said.each + (carried.each if half is CLOSED else [])
            found = Case.objects.filter(half, visible, self.condition, inside or Q())
            if asked:
                own = [] if half is CLOSED else [asking.IS_OPEN]
                found = found.filter(_named(asking.Asked(asked + own + times), tail))
            rows.append(self._sorted(found)[:count])
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


def _named(asked: asking.Asked, tail: Sequence[int]) -> RawSQL:
    """Give `id = ANY(ARRAY(…))`: an array is read first and whole, so that no plan can turn it round."""
    condition, values = asked.sql()
    return RawSQL(  # noqa: S611 (our own text, values beside it)
        "cases_case.id = ANY(ARRAY((SELECT s.case_id FROM cases_searchentry s "  # noqa: S608
        f"WHERE {condition}) UNION ALL SELECT unnest(%s::bigint[])))",
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

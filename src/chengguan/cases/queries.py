"""Which cases and reports a person may see, and one page of them.

A page is two statements whatever its size: the ids by covering indexes, and the rows. Ids are sought branch by branch, one for each grant and each part a person has in
cases himself, because an OR over several columns would have no index.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.db.models import Q, QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.core.errors import Invalid
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import place_name
from chengguan.store.prepared import fetch_all
from chengguan.workflow.domain import definition_of

from .filters import CaseFilter, light_of
from .models import Case, Report
from .scoping import can_see, cases_visible_to, reach, sees
from .search.seeking import SORTS, Seeker

MAX_SIZE: Final = 500
__all__ = [
    "MAX_SIZE",
    "SORTS",
    "CaseRow",
    "Page",
    "can_see",
    "cases_visible_to",
    "count_visible",
    "line_of",
    "open_reporters",
    "page",
    "reach",
    "reports_of",
    "rows_of",
    "sees",
]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list: what the case says, with names beside the codes; nothing personal."""

    id: int
    number: str
    definition_id: int
    state: str
    stage: str
    seq: int
    source: str
    kind: str
    matter_code: str
    text: str
    address: str
    area_code: str
    point: tuple[float, float] | None
    unit_id: int | None
    handler_id: int | None
    reporter_id: int | None
    main_case_id: int | None
    reports: int
    urged: int
    returns: int
    reworks: int
    suspended_until: datetime | None
    overseen: bool
    forced: bool
    self_handled: bool
    exempt: bool
    important: bool
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    stage_due_at: datetime | None
    stage_warn_at: datetime | None
    due_at: datetime | None
    on_time: bool | None
    light: str = ""
    state_title: str = ""
    matter_name: str = ""
    area_name: str = ""
    unit_name: str = ""
    handler_name: str = ""

    def seconds_left(self, now: datetime) -> int | None:
        """Give the wall seconds to the end of the stage, negative when it is past."""
        if self.stage_due_at is None or self.closed_at is not None:
            return None
        return int((self.stage_due_at - now).total_seconds())


_DERIVED: Final = 6
_COLUMNS: Final = tuple(CaseRow.__dataclass_fields__)[:-_DERIVED]
_INSTANTS: Final = tuple(i for i, name in enumerate(_COLUMNS) if name.endswith(("_at", "_until")))
_POINT: Final = _COLUMNS.index("point")


def _selected(name: str) -> str:
    # Two hundred and fifty timestamps read as numbers cost a tenth of what they cost as text.
    if name.endswith(("_at", "_until")):
        return f"extract(epoch FROM c.{name})::float8"
    return "ARRAY[c.point[0], c.point[1]]" if name == "point" else f"c.{name}"


_ROWS: Final = (
    f"SELECT u.name, {', '.join(map(_selected, _COLUMNS))} "  # noqa: S608
    "FROM cases_case c LEFT JOIN accounts_user u ON u.id = c.handler_id WHERE c.id = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order, and the cursor for those after them (empty at the end)."""

    rows: tuple[CaseRow, ...]
    next_cursor: str
    sort: str
    at: datetime


def page(
    principal: Principal,
    wanted: CaseFilter | None = None,
    sort: str = "-opened",
    cursor: str = "",
    size: int = 50,
    *,
    now: datetime | None = None,
) -> Page:
    """Give one page of the cases a principal may see.

    Raises:
        Invalid: an unknown sort, cursor, flag or light.
        NotAllowed: another's reports are asked for, see `by_reporter`.
    """
    if sort not in SORTS:
        raise Invalid(
            "cases.sort", f"不能按“{sort}”排序。", mend=f"可用 {'、'.join(SORTS)}。", field="sort"
        )
    at = now or timezone.now()
    size = max(1, min(size, MAX_SIZE))
    seeker = Seeker(principal, wanted or CaseFilter(), at, sort)
    if cursor:
        seeker.after(*_decode(sort, cursor))
    found = seeker.first(size + 1)
    kept = found[:size]
    following = _encode(sort, kept[-1]) if len(found) > size else ""
    return Page(rows_of([key for key, _ in kept], at), following, sort, at)


def count_visible(principal: Principal, wanted: CaseFilter, *, up_to: int = 1000) -> int:
    """Count the cases of a filter, no further than `up_to`: an exact million is nobody's need."""
    return Seeker(principal, wanted, timezone.now(), "-opened").count(up_to)


def rows_of(case_ids: Sequence[int], at: datetime) -> tuple[CaseRow, ...]:
    """Give the lines of these cases in this order, with their names; one statement."""
    if not case_ids:
        return ()
    by_id = {row[1]: row for row in fetch_all(_ROWS, [list(case_ids)])}
    names = _Names()
    return tuple(_line(by_id[key], names, at) for key in case_ids if key in by_id)


def line_of(case: Case, at: datetime) -> CaseRow:
    """Give the line of a case that has been read; one statement for the handler's name."""
    people = User.objects.filter(pk=case.handler_id) if case.handler_id else User.objects.none()
    handler = people.values_list("name", flat=True).first() or ""
    return _derived([getattr(case, name) for name in _COLUMNS], handler, _Names(), at)


def reports_of(case: Case) -> QuerySet[Report]:
    """Give the reports of a case, and of the cases merged into it, oldest first."""
    # The OR stands inside: over two tables it would read all reports there are.
    cases = Case.objects.filter(Q(pk=case.pk) | Q(main_case_id=case.pk)).values("id")
    return Report.objects.filter(case_id__in=cases).order_by("at", "id")


def open_reporters(case: Case, principal: Principal) -> frozenset[int]:
    """Give the ids of the case and those merged into it whose reporters the principal may know.

    Personal data stays where the report was made: a case merged from elsewhere brings its
    reports, not the right to know who made them.
    """
    asked: list[Case] = [case]
    if case.duplicates:
        merged = Case.objects.filter(main_case_id=case.pk)
        asked += merged.only("id", "area_code", "unit_path", "matter_code")
    return frozenset(
        one.pk
        for one in asked
        if principal.can(
            Capability.SEE_PERSONAL,
            area_code=one.area_code,
            organisation_path=one.unit_path,
            matter_code=one.matter_code or None,
        )
    )


def _encode(sort: str, last: tuple[int, datetime | None]) -> str:
    key, value = last
    plain = orjson.dumps([sort, value, key])
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _decode(sort: str, cursor: str) -> tuple[datetime | None, int]:
    wrong = Invalid("cases.cursor", "翻页位置无效。", mend="请回到第一页重新查询。", field="cursor")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        own_sort, value, key = orjson.loads(base64.urlsafe_b64decode(padded))
        at = None if value is None else datetime.fromisoformat(value)
    except (ValueError, TypeError, binascii.Error):
        raise wrong from None
    if own_sort != sort or not isinstance(key, int) or (at is not None and at.tzinfo is None):
        raise wrong
    return at, key


class _Names:
    """The names beside the codes of some rows; each code is asked for once."""

    def __init__(self) -> None:
        self.units = units()
        self.states: dict[tuple[int, str], str] = {}
        self.matters: dict[tuple[str, str], str] = {}
        self.areas: dict[str, str] = {}

    def state(self, definition_id: int, code: str) -> str:
        found = self.states.get((definition_id, code))
        if found is None:
            spec = definition_of(definition_id).states.get(code)
            found = self.states[definition_id, code] = spec.title if spec else code
        return found

    def matter(self, kind: str, code: str) -> str:
        found = self.matters.get((kind, code))
        if found is None:
            known = catalogue.matter(kind, code) if code else None
            found = self.matters[kind, code] = known.name if known else code
        return found

    def area(self, code: str) -> str:
        found = self.areas.get(code)
        if found is None:
            found = self.areas[code] = place_name(code)
        return found

    def unit(self, unit_id: int | None) -> str:
        found = self.units.get(unit_id) if unit_id is not None else None
        return found.name if found else ""


def _line(values: tuple[Any, ...], names: _Names, at: datetime) -> CaseRow:
    handler, *read = values
    for index in _INSTANTS:
        if read[index] is not None:
            read[index] = datetime.fromtimestamp(read[index], UTC)
    point = read[_POINT]
    read[_POINT] = (point[0], point[1]) if point and point[0] is not None else None
    return _derived(read, handler or "", names, at)


def _derived(read: list[Any], handler: str, names: _Names, at: datetime) -> CaseRow:
    row = CaseRow(*read)
    # Positional and built twice: `dataclasses.replace` costs as much as the query.
    derived = [
        light_of(at, row.stage_due_at, row.stage_warn_at, row.closed_at),
        names.state(row.definition_id, row.state),
        names.matter(row.kind, row.matter_code),
        names.area(row.area_code),
        names.unit(row.unit_id),
        handler,
    ]
    return CaseRow(*(read + derived))

"""The rows a person may take away, read page by page so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.domain.duty_index import units
from chengguan.ui.recipe.export import safe

from ..columns import COLUMNS
from ..disclosure import note_taken
from ..filters import CaseFilter
from ..models import Report
from ..queries import MAX_SIZE, CaseRow, page

_PERSONAL: Final = ("reporter_name", "reporter_phone")


def batches(principal: Principal, wanted: CaseFilter, order: str) -> Iterator[list[CaseRow]]:
    """Give all visible rows of a filter that may be taken away, five hundred at a time, in order."""
    cursor = ""
    while True:
        part = page(principal, wanted, order, cursor, MAX_SIZE)
        yield takeable(principal, part.rows)
        cursor = part.next_cursor
        if not cursor:
            return


def takeable(principal: Principal, rows: Sequence[CaseRow]) -> list[CaseRow]:
    """Give the rows that may be taken away: to see and to export are two rights."""
    return [row for row in rows if _may(principal, Capability.EXPORT, row)]


def cells(principal: Principal, rows: Sequence[CaseRow], names: Sequence[str]) -> list[list[Any]]:
    """Give the cells of rows; personal ones are empty where the person may not know them.

    At most two statements more, for the reporters and for the note that they were taken away.
    """
    personal = _reporters(principal, rows) if set(names) & set(_PERSONAL) else {}
    nobody = dict.fromkeys(_PERSONAL, "")
    return [
        [
            safe(
                personal.get(row.id, nobody)[name] if name in _PERSONAL else COLUMNS[name].cell(row)
            )
            for name in names
        ]
        for row in rows
    ]


def _reporters(principal: Principal, rows: Sequence[CaseRow]) -> dict[int, dict[str, str]]:
    known = [row.id for row in rows if _may(principal, Capability.SEE_PERSONAL, row)]
    found: dict[int, dict[str, str]] = {}
    shown: dict[int, int] = {}
    reports = Report.objects.filter(case_id__in=known).order_by("at", "id")
    for key, case_id, name, phone in reports.values_list("id", "case_id", *_PERSONAL):
        if case_id is not None and case_id not in found and (name or phone):
            found[case_id] = {"reporter_name": name, "reporter_phone": phone}
            shown[case_id] = key
    note_taken(principal, [(row, shown[row.id]) for row in rows if row.id in shown])
    return found


def _may(principal: Principal, capability: str, row: CaseRow) -> bool:
    unit = units().get(row.unit_id) if row.unit_id is not None else None
    return principal.can(
        capability,
        area_code=row.area_code,
        organisation_path=unit.path if unit else "",
        matter_code=row.matter_code or None,
    )

"""Every case row against its events: `verify` names each difference, `rebuild` mends the rows.

Events are the truth; the row is their fold. Both stream over all cases in batches, so that a
million fit into little memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.db import transaction

from chengguan.workflow.domain import fold
from chengguan.workflow.domain.timing import clocks_of
from chengguan.workflow.domain.writing import update_rows
from chengguan.workflow.models import Event

from ..models import Case
from ..procedure import CODE, PROCEDURE

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One column of one case that is not what its events say."""

    case_id: int
    number: str
    column: str
    stored: Any
    folded: Any

    def __str__(self) -> str:
        return f"{self.number} {self.column}：表中 {self.stored!r}，事件 {self.folded!r}"


@dataclass(slots=True)
class Checked:
    """How many cases were compared and what differs; `mended` counts rows that were rewritten."""

    cases: int = 0
    differences: list[Difference] = field(default_factory=list)
    mended: int = 0


def verify() -> Checked:
    """Compare every folded column of every case with its events; changes nothing."""
    checked = Checked()
    for row, folded in _folded():
        checked.cases += 1
        if _differences(row, folded):
            checked.differences += _again(row["id"])[1]
    return checked


def rebuild() -> Checked:
    """Write the folded columns of every case that differs from its events."""
    checked = Checked()
    for row, folded in _folded():
        checked.cases += 1
        if not _differences(row, folded):
            continue
        with transaction.atomic():
            mended, found = _again(row["id"])
            checked.differences += found
            if found and mended is not None:
                clocks = clocks_of(mended["clocks"])
                columns = {one.column for one in found}
                update_rows(PROCEDURE, [({**mended, "clocks": clocks}, columns)])
                checked.mended += 1
    return checked


def _again(case_id: int) -> tuple[dict[str, Any] | None, list[Difference]]:
    """Compare one case under its lock: somebody may have moved it between our two reads."""
    with transaction.atomic():
        row: dict[str, Any] = dict(
            Case.objects.select_for_update().filter(pk=case_id).values().get()
        )
        events = Event.objects.filter(procedure=CODE, instance_id=case_id).order_by("seq")
        folded = _fold(list(events))
        found = _differences(row, folded)
        return None if folded is None else {**row, **folded}, found


def _folded() -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Give each case row with what its events fold to; None where they can't be folded."""
    last = 0
    while True:
        rows: list[Any] = list(Case.objects.filter(pk__gt=last).order_by("pk").values()[:_BATCH])
        if not rows:
            return
        last = rows[-1]["id"]
        events = Event.objects.filter(
            procedure=CODE, instance_id__in=[row["id"] for row in rows]
        ).order_by("instance_id", "seq")
        by_case = {key: list(own) for key, own in groupby(events, lambda e: e.instance_id)}
        for row in rows:
            yield row, _fold(by_case.get(row["id"], []))


def _fold(events: list[Event]) -> dict[str, Any] | None:
    try:
        return fold(PROCEDURE, events)[0]
    except ValueError:
        return None


def _differences(row: dict[str, Any], folded: dict[str, Any] | None) -> list[Difference]:
    if folded is None:
        return [Difference(row["id"], row["number"], "events", row["seq"], None)]
    return [
        Difference(row["id"], row["number"], name, value, folded.get(name))
        for name, value in row.items()
        if name not in PROCEDURE.outside and not _same(value, folded.get(name, _MISSING))
    ]


def _same(stored: Any, folded: Any) -> bool:
    if isinstance(stored, datetime) and isinstance(folded, str):
        return stored == datetime.fromisoformat(folded)
    return bool(stored == folded)


_MISSING: Final = object()

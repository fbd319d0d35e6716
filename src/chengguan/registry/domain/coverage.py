"""The coverage matrix: for every matter and area at one moment one unit, a gap or a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from django.db.models import Q
from django.utils import timezone
from numpy.typing import NDArray

from ..enums import AreaLevel, DutyRole
from ..models import Area
from .catalogue import MatterRef, matters
from .duty_index import AREA_LENGTHS, DutyIndex, index_at, units
from .locate import AreaRef

GAP: Final = 0
ONE: Final = 1
CONFLICT: Final = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """One matter in one area; no organisation in a gap, a conflict, or where parts differ."""

    status: str
    organisation_id: int | None
    organisation: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`status` and `organisation` are matters × areas; status 0 gap, 1 one unit, 2 conflict.

    `organisation` is the unit's id, 0 where there is none, or where parts of the area have
    different units.
    """

    at: datetime
    matters: tuple[MatterRef, ...]
    areas: tuple[AreaRef, ...]
    status: NDArray[np.uint8]
    organisation: NDArray[np.int64]

    @property
    def counts(self) -> dict[str, int]:
        """Cells by status."""
        found = np.bincount(self.status.ravel(), minlength=3)
        return {"gap": int(found[GAP]), "one": int(found[ONE]), "conflict": int(found[CONFLICT])}

    @property
    def rows(self) -> list[tuple[str, str, str, list[Cell]]]:
        """Give (kind, matter code, matter name, one cell per area) for a screen."""
        known = units()
        names = {key: known[key].name for key in set(self.organisation.ravel().tolist()) if key}
        words = ("gap", "one", "conflict")
        return [
            (
                str(matter.kind),
                matter.code,
                matter.name,
                [
                    Cell(words[status], unit or None, names.get(unit, ""))
                    for status, unit in zip(statuses, held, strict=True)
                ],
            )
            for matter, statuses, held in zip(
                self.matters, self.status.tolist(), self.organisation.tolist(), strict=True
            )
        ]

    def row(self, position: int) -> dict[str, int]:
        """Areas by status for the matter at a position."""
        found = np.bincount(self.status[position], minlength=3)
        return {"gap": int(found[GAP]), "one": int(found[ONE]), "conflict": int(found[CONFLICT])}

    def holes(self, status: int = GAP) -> list[tuple[MatterRef, AreaRef]]:
        """Give the cells of a status, by matter, then area."""
        return [
            (self.matters[row], self.areas[column])
            for row, column in np.argwhere(self.status == status).tolist()
        ]


def coverage(
    at: datetime,
    level: str = AreaLevel.COMMUNITY,
    *,
    under: str = "",
    kind: str = "",
    role: str = DutyRole.RESPONSIBLE,
    within: Sequence[str] = ("",),
) -> Coverage:
    """Resolve every matter in force in every area of a level under a code, at a moment.

    Only areas at or under one of the codes `within` are shown: the scope of whoever asks.
    An area in which smaller areas have duties of their own shows the worst of its parts
    (conflict, then gap). Owners of single components are not looked at.
    """
    day = timezone.localtime(at).date()
    catalogue = tuple(matters(kind=kind, on=day))
    scope = Q(pk__in=[])
    for code in within:
        scope |= Q(code__startswith=code)
    found = Area.objects.filter(scope, level=level, code__startswith=under, valid_from__lte=day)
    areas = tuple(
        AreaRef(code, name, AreaLevel(level))
        for code, name in found.exclude(valid_to__lt=day)
        .order_by("code")
        .values_list("code", "name")
    )
    index = index_at(at, role)
    columns = _Columns(index, catalogue)
    finer = _finer(index, [area.code for area in areas])
    status = np.zeros((len(catalogue), len(areas)), dtype=np.uint8)
    organisation = np.zeros((len(catalogue), len(areas)), dtype=np.int64)
    for position, area in enumerate(areas):
        parts = finer.get(area.code) or [area.code]
        status[:, position], organisation[:, position] = columns.worst(parts)
    return Coverage(at, catalogue, areas, status, organisation)


class _Columns:
    """One column per area that is named by a duty; all areas below it share the column."""

    def __init__(self, index: DutyIndex, catalogue: Sequence[MatterRef]) -> None:
        self._index = index
        self._catalogue = catalogue
        self._known: dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]] = {}

    def worst(self, codes: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        columns = [self._column(named) for named in sorted({self._named(c) for c in codes})]
        if len(columns) == 1:
            return columns[0]
        status = np.stack([column[0] for column in columns])
        units = np.stack([column[1] for column in columns])
        worst = np.full(status.shape[1], ONE, dtype=np.uint8)
        worst[(status == GAP).any(axis=0)] = GAP
        worst[(status == CONFLICT).any(axis=0)] = CONFLICT
        same = (units == units[0]).all(axis=0)
        return worst, np.where(same, units[0], 0)

    def _named(self, code: str) -> str:
        for length in AREA_LENGTHS:
            if length <= len(code) and code[:length] in self._index.areas:
                return code[:length]
        return ""

    def _column(self, area_code: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        known = self._known.get(area_code)
        if known is not None:
            return known
        status = np.zeros(len(self._catalogue), dtype=np.uint8)
        organisation = np.zeros(len(self._catalogue), dtype=np.int64)
        for row, matter in enumerate(self._catalogue):
            ruling = self._index.precedent(matter.kind, matter.code, area_code)
            if ruling is not None:
                status[row], organisation[row] = ONE, ruling.unit.id
                continue
            units = {d.unit.id for d in self._index.winners(matter.kind, matter.code, area_code)}
            if len(units) == 1:
                status[row], organisation[row] = ONE, units.pop()
            elif units:
                status[row] = CONFLICT
        self._known[area_code] = status, organisation
        return status, organisation


def _finer(index: DutyIndex, codes: Sequence[str]) -> dict[str, list[str]]:
    """Give the smallest areas inside each area that holds duties of smaller areas."""
    if not codes:
        return {}
    length = len(codes[0])
    holders = {named[:length] for named in index.areas if len(named) > length} & set(codes)
    result: dict[str, list[str]] = {}
    for code in sorted(holders):
        below = Area.objects.filter(code__startswith=code).exclude(code=code)
        inner = list(below.order_by("code").values_list("code", "parent_code"))
        parents = {parent for _, parent in inner}
        result[code] = [inner_code for inner_code, _ in inner if inner_code not in parents]
    return result

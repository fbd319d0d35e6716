"""Where components, cameras, devices and stations lie, in memory: a million of them in some forty megabytes.

They change by imports only, so each process reads them once for each revision, sorted by Morton code:
the things of a tile of any zoom are one slice. Who may see them is asked of each slice by area, as
`queries.components_visible_to` asks it of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, Final

import numpy as np
from django.db import models
from django.db.models import BigIntegerField, Case, F, FloatField, Func, Q, Value, When
from django.db.models.functions import Cast, Coalesce
from numpy.typing import NDArray

from chengguan.core.area_numbers import AREA_NUMBER_SQL, area_range
from chengguan.core.errors import NotFound
from chengguan.core.tiles import Steps, Tile, interleave, place, separate, span, steps
from chengguan.store import revisions
from chengguan.store.columns import read_columns

from .enums import FacilityKind, ThingState
from .models import Camera, Component, Device, Facility

KINDS: Final[dict[str, tuple[type[models.Model], str]]] = {
    "components": (Component, "components"),
    "cameras": (Camera, "cameras"),
    "devices": (Device, "devices"),
    "facilities": (Facility, "facilities"),
}
STATES: Final = tuple(ThingState.values)
# Devices tell their state without an import.
_OLDEST_SECONDS: Final = 60.0
_COLUMNS: Final = (("id", "i8"), ("lon", "f8"), ("lat", "f8"), ("area", "i8"), ("facts", "i8"))


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """One kind as columns, sorted by `code` (Morton).

    `state` is the place in `STATES`; `detail` is a component's class (its first two digits), a
    camera's direction in degrees (-1 unknown), a station's kind as its place in `FacilityKind`, 0 for devices.
    """

    ids: NDArray[np.int64]
    code: Steps
    area: NDArray[np.int64]
    state: NDArray[np.int8]
    detail: NDArray[np.int16]
    stamp: tuple[object, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def in_tile(self, tile: Tile, areas: tuple[str, ...]) -> Things:
        """Give those in a tile that lie at or under one of the area codes ("" is everywhere)."""
        first, beyond = span(tile)
        low = int(np.searchsorted(self.code, np.uint64(first)))
        last = np.uint64(beyond - 1)
        return self._part(slice(low, int(np.searchsorted(self.code, last, "right")))).under(areas)

    def around(self, lon: float, lat: float, metres: float, areas: tuple[str, ...]) -> Things:
        """Give those within `metres` of a point that lie at or under one of the area codes."""
        from chengguan.core.metres import distances_m

        part = self.under(areas)
        x, y = separate(part.code)
        east, north = place(x, y)
        height = metres / 110_000
        near = np.flatnonzero(np.abs(north - lat) <= height)
        inside = distances_m(lon, lat, np.column_stack((east[near], north[near]))) <= metres
        return part._part(near[inside])

    def under(self, areas: tuple[str, ...]) -> Things:
        """Give those at or under one of the area codes."""
        if "" in areas:
            return self
        seen = np.zeros(len(self), dtype=np.bool_)
        for code in areas:
            first, beyond = area_range(code)
            seen |= (self.area >= first) & (self.area < beyond)
        return self._part(seen)

    def _part(self, which: Any) -> Things:
        return Things(
            self.ids[which], self.code[which], self.area[which], self.state[which],
            self.detail[which], self.stamp,
        )  # fmt: skip


_kept: dict[str, tuple[float, Things]] = {}
_lock = Lock()


def things(kind: str) -> Things:
    """Give all things of a kind (`KINDS`) that have a place.

    Raises:
        NotFound: there is no such kind.
    """
    if kind not in KINDS:
        raise NotFound("map.kind", "没有这个图层。", mend=f"可用 {'、'.join(KINDS)}。")
    stamp = revisions.stamp((KINDS[kind][1],))
    found = _kept.get(kind)
    if found and _stands(kind, found, stamp):
        return found[1]
    with _lock:
        found = _kept.get(kind)
        if not found or not _stands(kind, found, stamp):
            found = _kept[kind] = (monotonic(), _read(kind, stamp))
        return found[1]


def forget() -> None:
    """Drop what is kept; for tests, and for tools that write behind the domain's back."""
    _kept.clear()


def _stands(kind: str, found: tuple[float, Things], stamp: tuple[object, ...]) -> bool:
    young = kind != "devices" or monotonic() - found[0] < _OLDEST_SECONDS
    return young and found[1].stamp == stamp


def _read(kind: str, stamp: tuple[object, ...]) -> Things:
    rows = (
        KINDS[kind][0]
        ._default_manager.filter(point__isnull=False)
        .annotate(
            lon=_Coordinate(F("point"), which=0),
            lat=_Coordinate(F("point"), which=1),
            area=Func(F("area_code"), template=AREA_NUMBER_SQL, output_field=BigIntegerField()),
            facts=Cast(_places("state", STATES) + 16 * _detail(kind), BigIntegerField()),
        )
    )
    sql, params = rows.values_list(*(name for name, _ in _COLUMNS)).query.sql_with_params()
    read = read_columns(sql, params, _COLUMNS)
    code = interleave(*steps(read["lon"], read["lat"]))
    order = np.argsort(code, kind="stable")
    facts = read["facts"][order]
    return Things(
        ids=read["id"][order],
        code=code[order],
        area=read["area"][order],
        state=(facts & 15).astype(np.int8),
        detail=(facts >> 4).astype(np.int16),
        stamp=stamp,
    )


def _places(column: str, values: Sequence[str]) -> Any:
    cases = [When(**{column: one}, then=Value(place)) for place, one in enumerate(values)]
    return Case(*cases, default=Value(0), output_field=BigIntegerField())


def _detail(kind: str) -> Any:
    if kind == "components":
        first = Func(
            F("matter_code"), template="substring(%(expressions)s from '^[0-9][0-9]')::bigint"
        )
        return Coalesce(first, Value(0), output_field=BigIntegerField())
    if kind == "cameras":
        turned = Func(F("direction"), template="mod(round(%(expressions)s)::bigint + 3600, 360)")
        return Case(
            When(Q(direction__isnull=True), then=Value(-1)),
            default=turned,
            output_field=BigIntegerField(),
        )
    if kind == "facilities":
        return _places("kind", FacilityKind.values)
    return Value(0, output_field=BigIntegerField())


class _Coordinate(Func):
    template = "(%(expressions)s)[%(which)s]"
    output_field = FloatField()

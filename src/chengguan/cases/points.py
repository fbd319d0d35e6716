"""Where the cases of a filter lie, as columns: what maps, loads by area and counts in a circle need.

A list reads fifty rows by covering indexes; a map needs every open case of a city at once, but of
each only place, area and instants. Those are read as arrays and kept for a few seconds, so that the
twelve tiles of a screen, and the screens of all who see the same cases, cost one statement.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from threading import Lock
from time import monotonic
from typing import Any, Final

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db.models import BigIntegerField, F, FloatField, Func, Q, QuerySet
from numpy.typing import NDArray

from chengguan.accounts.domain.principal import Principal
from chengguan.core.area_numbers import AREA_NUMBER_SQL
from chengguan.core.tiles import Steps, steps
from chengguan.store.columns import read_columns
from chengguan.store.database import database_name

from .by_reporter import may_know
from .filters import CaseFilter
from .models import Case
from .scoping import needed

#: Seconds for which a selection of now, and one of the past, is given again as it is.
FRESH: Final = 1.0
FRESH_PAST: Final = 60.0
_KEPT: Final = 24
#: Rows kept of all selections together, 96 bytes each: filters over all closed cases are many.
MOST_ROWS: Final = 2_000_000
NEVER: Final = np.inf
LIGHTS: Final = ("none", "green", "yellow", "red")
Mask = NDArray[np.bool_]
Seconds = NDArray[np.float64]
_COLUMNS: Final = (
    ("id", "i8"), ("lon", "f8"), ("lat", "f8"), ("area", "i8"),
    ("opened", "f8"), ("closed", "f8"), ("stage_due", "f8"), ("stage_warn", "f8"),
    ("due", "f8"), ("warn", "f8"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Cases as columns of one length; instants are epoch seconds, infinite where there is none.

    `area` is the area code as a number (`core.area_numbers`), `x` and `y` the place in steps of
    `core.tiles`. `unplaced` counts the cases of the filter that have no place; `serial` is the
    reading's own number in this process.
    """

    ids: NDArray[np.int64]
    x: Steps
    y: Steps
    lon: Seconds
    lat: Seconds
    area: NDArray[np.int64]
    opened: Seconds
    closed: Seconds
    stage_due: Seconds
    stage_warn: Seconds
    due: Seconds
    warn: Seconds
    unplaced: int
    at: datetime
    serial: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: Mask) -> Points:
        """Give those for which the mask holds."""
        taken = {name: getattr(self, name)[which] for name in _ARRAYS}
        return Points(**taken, unplaced=0, at=self.at, serial=self.serial)

    def standing(self, at: datetime) -> Points:
        """Give the cases that were open at an instant: opened by then, and not closed yet."""
        then = at.timestamp()
        return self.take((self.opened <= then) & (self.closed > then))

    def lights(self, at: datetime, *, whole: bool = False) -> NDArray[np.int8]:
        """Give each case's light at an instant as its place in `LIGHTS`.

        The light of a list is that of the running stage, of which only the present one is kept;
        `whole` asks the limit of the whole handling instead, which stands for the past as well.
        """
        then = at.timestamp()
        due, warn = (self.due, self.warn) if whole else (self.stage_due, self.stage_warn)
        found = np.where(due < then, 3, np.where(warn < then, 2, np.where(due < NEVER, 1, 0)))
        return np.where(self.closed <= then, 0, found).astype(np.int8)


_ARRAYS: Final = (
    "ids", "x", "y", "lon", "lat", "area", "opened", "closed", "stage_due", "stage_warn", "due", "warn",
)  # fmt: skip


def points_of(
    principal: Principal,
    wanted: CaseFilter,
    now: datetime,
    *,
    between: tuple[datetime, datetime] | None = None,
) -> Points:
    """Give the cases of a filter that a principal may see; `between`: all open at some time then.

    Not older than `FRESH` seconds (`FRESH_PAST` of a span that is over).

    Raises:
        Invalid: a light or flag that can't be.
        NotAllowed: another's reports are asked for, see `by_reporter`.
    """
    fresh = FRESH_PAST if between and between[1] < now else FRESH
    # Cut to the freshness, so that all who ask within it ask the same statement.
    at = datetime.fromtimestamp(now.timestamp() // FRESH * FRESH, UTC)
    if between:
        wanted = replace(wanted, open=None, light="", states=(), stage="")
    rows = _selected(principal, wanted, at)
    if between:
        begun, over = between
        rows = rows.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=begun), opened_at__lte=over)
    try:
        sql, params = _narrow(rows).query.sql_with_params()
    except EmptyResultSet:
        # Django sees that the condition can't hold, as for who may see no case at all.
        return _points(np.empty(0, np.dtype(list(_COLUMNS))), now)
    return _kept((database_name(), sql, tuple(map(str, params))), fresh, sql, params, now)


def forget() -> None:
    """Drop what is kept; for tests, and for tools that write behind the domain's back."""
    _cache.clear()


_cache: OrderedDict[Hashable, tuple[float, Points]] = OrderedDict()
_lock = Lock()
_serials = count(1)


def _kept(key: Hashable, fresh: float, sql: str, params: Any, now: datetime) -> Points:
    found = _cache.get(key)
    if found and monotonic() - found[0] < fresh:
        return found[1]
    # One reads, the others wait for what he finds.
    with _lock:
        found = _cache.get(key)
        if found and monotonic() - found[0] < fresh:
            return found[1]
        points = _read(sql, params, now)
        _cache[key] = monotonic(), points
        _cache.move_to_end(key)
        held = sum(len(one) for _, one in _cache.values())
        while len(_cache) > 1 and (len(_cache) > _KEPT or held > MOST_ROWS):
            held -= len(_cache.popitem(last=False)[1][1])
        return points


def _read(sql: str, params: Any, now: datetime) -> Points:
    return _points(read_columns(sql, params, _COLUMNS), now)


def _points(read: NDArray[Any], now: datetime) -> Points:
    placed = read[~np.isnan(read["lon"])]
    x, y = steps(placed["lon"], placed["lat"])
    columns = {name: np.ascontiguousarray(placed[name]) for name, _ in _COLUMNS if name != "id"}
    return Points(
        ids=np.ascontiguousarray(placed["id"]),
        x=x,
        y=y,
        **columns,
        unplaced=len(read) - len(placed),
        at=now,
        serial=next(_serials),
    )


def _selected(principal: Principal, wanted: CaseFilter, at: datetime) -> QuerySet[Case]:
    """Give the cases of a filter that a principal may see as one set, in no order."""
    whole = Q()
    # Not `cases_visible_to`: who sees a whole area asks the same statement as all others who do.
    for index, branch in enumerate(needed(principal, wanted)):
        whole = whole | branch if index else branch
    halves = wanted.halves()
    half = halves[0] if len(halves) == 1 else Q()
    return Case.objects.filter(half, whole, wanted.q(at) & may_know(principal, wanted))


def _narrow(rows: QuerySet[Case]) -> QuerySet[Case, Any]:
    return rows.annotate(
        lon=_Coordinate(F("point"), which=0),
        lat=_Coordinate(F("point"), which=1),
        area=Func(F("area_code"), template=AREA_NUMBER_SQL, output_field=BigIntegerField()),
        **{
            name: _Epoch(F(f"{name}_at"))
            for name in ("opened", "closed", "stage_due", "stage_warn", "due", "warn")
        },
    ).values_list(*(name for name, _ in _COLUMNS))


class _Coordinate(Func):
    template = "coalesce((%(expressions)s)[%(which)s], 'NaN')::float8"
    output_field = FloatField()


class _Epoch(Func):
    template = "coalesce(extract(epoch FROM %(expressions)s), 'Infinity')::float8"
    output_field = FloatField()

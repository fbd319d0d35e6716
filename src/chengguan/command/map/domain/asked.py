"""What a map's address asks for: filters, an instant, a cell or a circle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Final

import numpy as np
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.filters import CaseFilter
from chengguan.cases.points import Mask, Points, points_of
from chengguan.core.errors import Invalid
from chengguan.core.metres import distances_m
from chengguan.core.tiles import Tile

MOST_METRES: Final = 5_000.0
LEAST_METRES: Final = 10.0
#: Spans of the time slider, in days.
SPANS: Final = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on the ground: centre in CGCS2000 degrees, radius in metres."""

    lon: float
    lat: float
    metres: float

    @classmethod
    def read(cls, text: str) -> Circle:
        """Read "lon,lat,metres".

        Raises:
            Invalid: it is none, or smaller than 10 m or larger than 5 km.
        """
        try:
            lon, lat, metres = (float(part) for part in text.split(","))
        except ValueError:
            lon = lat = metres = float("nan")
        if not (isfinite(lon + lat + metres) and abs(lon) <= 180 and abs(lat) <= 85):
            raise Invalid(
                "map.circle", "圆的位置无效。", mend="应为“经度,纬度,半径（米）”。", field="circle"
            )
        if not LEAST_METRES <= metres <= MOST_METRES:
            raise Invalid(
                "map.radius",
                f"半径应在 {LEAST_METRES:.0f} 至 {MOST_METRES:.0f} 米之间。",
                mend="请缩小或放大圆；更大的范围请按区域筛选。",
                field="circle",
            )
        return cls(lon, lat, metres)

    def __str__(self) -> str:
        return f"{self.lon:.6f},{self.lat:.6f},{self.metres:.0f}"

    def holds(self, points: Points) -> Mask:
        """Say of each case whether it lies inside."""
        lon, lat = points.lon, points.lat
        near = np.flatnonzero(np.abs(lat - self.lat) <= self.metres / 110_000)
        found = np.zeros(len(points), dtype=np.bool_)
        away = distances_m(self.lon, self.lat, np.column_stack((lon[near], lat[near])))
        found[near] = away <= self.metres
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases a map shows: those of a filter now, or those that were open at `at`."""

    wanted: CaseFilter
    at: datetime | None = None
    span: str = "day"

    @property
    def is_past(self) -> bool:
        return self.at is not None

    def points(self, principal: Principal, now: datetime) -> Points:
        """Give the cases to be shown that the principal may see; in the past those open then."""
        if self.at is None:
            return points_of(principal, shown(self.wanted), now)
        begun, over = bounds(self.at, self.span)
        whole = points_of(principal, self.wanted, now, between=(begun, min(over, now)))
        return whole.standing(self.at)


def shown(wanted: CaseFilter) -> CaseFilter:
    """Give the filter of a map: open cases, where the person asks nothing about that himself."""
    asks = wanted.open is not None or wanted.states or wanted.closed_from or wanted.closed_to
    return wanted if asks else replace(wanted, open=True)


def bounds(at: datetime, span: str) -> tuple[datetime, datetime]:
    """Give the local midnights that enclose the span of the slider around an instant."""
    local = timezone.localtime(at)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    over = day + timedelta(days=1)
    return over - timedelta(days=SPANS[span]), over


def read_instant(text: str, now: datetime) -> datetime | None:
    """Read a past local instant "2026-11-28T14:00"; None where nothing is asked.

    Raises:
        Invalid: it is none, or lies ahead.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "map.at", "时间无效。", mend="应写作 2026-01-31T14:00。", field="at"
        ) from None
    at = timezone.make_aware(at) if at.tzinfo is None else at
    if at > now or at.year < 2000:
        raise Invalid("map.at", "只能回看过去的时刻。", mend="请选择早于现在的时间。", field="at")
    return at


def read_cell(text: str) -> Tile | None:
    """Read a cell of the map, None where nothing is asked."""
    return Tile.read(text) if text else None

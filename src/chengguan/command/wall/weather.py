"""Weather of load: what is reported hour by hour today, beside the mean of four like weekdays.

The mean is an estimate and says so; today's bars are figures like all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from ..figures.domain.board import Board
from ..figures.domain.figure import Cell, Split

WEEKS: Final = 4
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of today: its cell and count (None while it is to come), and what was usual."""

    hour: int
    cell: Cell
    count: int | None
    usual: float


@dataclass(frozen=True, slots=True)
class Weather:
    """The day, the tallest bar, and what four like days had up to this hour."""

    hours: tuple[Hour, ...]
    top: float
    now: int


def splits(at: datetime) -> list[Split]:
    """Give what has to be counted: today by hour, and the four same weekdays before."""
    today = timezone.localdate(at)
    days = [(today - timedelta(weeks=week)).isoformat() for week in range(1, WEEKS + 1)]
    return [Split("reported", "hour", "today"), *(Split("reported", "hour", day) for day in days)]


def weather(board: Board, at: datetime) -> Weather:
    """Put the hours together from a counted board."""
    today, *before = splits(at)
    day = timezone.localdate(at).isoformat()
    counts = board.parts(today)
    usual = [0.0] * HOURS
    for split in before:
        for key, count in board.parts(split).items():
            usual[int(key[-2:])] += count / WEEKS
    now = timezone.localtime(at).hour
    hours = tuple(
        Hour(
            hour,
            today.cell(f"{day}T{hour:02d}"),
            counts.get(f"{day}T{hour:02d}", 0) if hour <= now else None,
            usual[hour],
        )
        for hour in range(HOURS)
    )
    return Weather(hours, max(1.0, *usual, *(hour.count or 0 for hour in hours)), now)

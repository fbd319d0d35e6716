"""Who is on duty near a case, and who stands in for whom: told by the roster, which stands above.

Command fills this port at start (`connect`); without a roster everybody counts as there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Away:
    """Who is away, until when, and who stands in (None and "" where nobody is named)."""

    user_id: int
    name: str
    until: datetime
    stand_in: int | None
    stand_in_name: str


@dataclass
class _Port:
    near: Callable[[datetime, str], Mapping[int, str] | None]
    stand_in: Callable[[int, datetime], int | None]
    away: Callable[[int, datetime], Away | None]


_port = _Port(
    near=lambda _at, _area_code: None,
    stand_in=lambda _user_id, _at: None,
    away=lambda _user_id, _at: None,
)


def connect(
    *,
    near: Callable[[datetime, str], Mapping[int, str] | None],
    stand_in: Callable[[int, datetime], int | None],
    away: Callable[[int, datetime], Away | None],
) -> None:
    """Give cases their way to the roster; called once at start."""
    _port.near, _port.stand_in, _port.away = near, stand_in, away


def on_duty_near(at: datetime, area_code: str) -> Mapping[int, str] | None:
    """Give who is on duty at `at` for an area: their duty in words ("早班，至 16:00") by user id.

    None where no roster is kept for that day: nothing is known then, and nobody is left out.
    """
    return _port.near(at, area_code)


def stand_in(user_id: int, at: datetime) -> int | None:
    """Give who stands in for a person away at `at` (AB 角); None when he is there or nobody does."""
    return _port.stand_in(user_id, at)


def away(user_id: int, at: datetime) -> Away | None:
    """Give a person's absence at `at`; None when he is there. From memory for today."""
    return _port.away(user_id, at)

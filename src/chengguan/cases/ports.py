"""What cases must be told by the floors above: who stands in for whom (AB 角)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

StandIn = Callable[[int, datetime], int | None]


def connect_stand_in(find: StandIn) -> None:
    """Let `find(user id, instant)` say who stands in for a person who is away; once, at start."""
    _connected["stand_in"] = find


def stand_in(user_id: int, at: datetime) -> int:
    """Give who answers for a person at an instant: himself, unless somebody stands in for him."""
    found = _connected["stand_in"](user_id, at)
    return user_id if found is None else found


def _nobody(user_id: int, at: datetime) -> int | None:
    return None


_connected: dict[str, StandIn] = {"stand_in": _nobody}

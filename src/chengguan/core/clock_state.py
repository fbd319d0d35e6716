"""What a stage clock is: its rule, the effects that move it, and its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chengguan.core.errors import Conflict
from chengguan.core.worktime import ClockMode

WARN_PERCENT: Final = 80


class ClockFault(Conflict):
    """An effect that the clock's state or the order of time does not allow (409)."""


class Effect(NamedTuple):
    """One thing that happened to one clock.

    `at` epoch seconds; `op` one of `OPS`; `params` JSON-able: start takes
    `limit` (seconds), `mode`, and optionally `warn` (percent) and `calendar`;
    restart the same, each defaulting to what was; extend takes `seconds`;
    recalendar takes `calendar`.
    """

    at: int
    clock: str
    op: str
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ClockRule:
    """How a stage is timed: its limit in seconds of the mode's own time."""

    name: str
    limit_seconds: int
    mode: ClockMode = "work"
    warn_percent: int = WARN_PERCENT
    calendar: str = ""

    def start(self, at: int) -> Effect:
        """Return the effect that starts this clock."""
        params: dict[str, Any] = {"limit": self.limit_seconds, "mode": self.mode}
        if self.warn_percent != WARN_PERCENT:
            params["warn"] = self.warn_percent
        if self.calendar:
            params["calendar"] = self.calendar
        return Effect(at, self.name, "start", params)


class ClockState(NamedTuple):
    """A clock as of its last effect; all instants are epoch seconds.

    `used` counts seconds of the mode's time up to `running_since` (or in all,
    when not running); `paused_total_wall` counts wall seconds of the finished
    pauses since `started_at`; `round` counts starts and restarts. `due` and
    `warn` are the last instants that are still on time and still green. While
    paused both are None, unless the due instant had already passed.
    """

    name: str
    mode: ClockMode
    limit: int
    used: int
    running_since: int | None
    paused_since: int | None
    paused_total_wall: int
    started_at: int
    ended_at: int | None
    due: int | None
    warn: int | None
    at: int
    round: int = 1
    warn_percent: int = WARN_PERCENT
    calendar: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a small dict for a jsonb column; members without a value are left out."""
        return {
            key: value
            for key, value, absent in zip(self._fields, self, _WITHOUT, strict=True)
            if value != absent
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClockState:
        """Read back what `to_json` wrote."""
        return cls(**{**_ABSENT, **data})


_ABSENT: Final[dict[str, Any]] = {
    "running_since": None,
    "paused_since": None,
    "paused_total_wall": 0,
    "ended_at": None,
    "due": None,
    "warn": None,
    "round": 1,
    "warn_percent": WARN_PERCENT,
    "calendar": "",
}
# A clock without a name is none, so what is never absent stands here as something no value equals.
_WITHOUT: Final = tuple(_ABSENT.get(key, _ABSENT) for key in ClockState._fields)

"""What was promised: each acknowledged answer, and how every request fared, in order of time."""

from __future__ import annotations

import bisect
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ack:
    """One acknowledged write: its key, its kind (report, verb, upload) and what was answered."""

    key: str
    kind: str
    answer: Mapping[str, Any]
    sent: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended: when (monotonic seconds), after how many seconds, and how."""

    at: float
    seconds: float
    status: str
    good: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """How clients saw a fault, in seconds since it began; None where nothing was refused.

    `first` is the first refusal, `last` the last one, `back` the first good answer after the last.
    """

    refused: int
    answered: int
    statuses: Mapping[str, int]
    slowest: float
    first: float | None = None
    last: float | None = None
    back: float | None = None

    @property
    def recovery(self) -> float:
        """Seconds from the first refused request to the first answer that is normal again."""
        if self.first is None:
            return 0.0
        return float("inf") if self.back is None else self.back - self.first


@dataclass
class Ledger:
    """All that clients know. Only the load writes here; the checks read a quiet one."""

    acks: dict[str, Ack] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)

    def begin(self, key: str, kind: str) -> None:
        """Note that a write was sent and nobody knows yet whether it is done."""
        self.open[key] = kind

    def acknowledge(self, ack: Ack) -> None:
        """Note an answer; a second one to the same key must say the same."""
        self.open.pop(ack.key, None)
        known = self.acks.setdefault(ack.key, ack)
        if known is not ack and _told(known) != _told(ack):
            self.clashes.append(f"{ack.key}: {_told(known)} / {_told(ack)}")

    def refuse(self, key: str, why: str) -> None:
        """Note a refusal for good: nothing of this key may be there."""
        self.open.pop(key, None)
        self.refused.append(f"{key}: {why}")

    def note(self, seconds: float, status: str, *, good: bool) -> None:
        """Note how a request ended now."""
        self.outcomes.append(Outcome(time.monotonic(), seconds, status, good))

    def outage(self, since: float, until: float) -> Outage:
        """Say what clients saw between two moments (monotonic seconds)."""
        first = bisect.bisect_left(self.outcomes, since, key=lambda one: one.at)
        last = bisect.bisect_right(self.outcomes, until, key=lambda one: one.at)
        window = self.outcomes[first:last]
        bad = [one for one in window if not one.good]
        found = {
            "refused": len(bad),
            "answered": len(window) - len(bad),
            "statuses": dict(Counter(one.status for one in window)),
            "slowest": round(max((one.seconds for one in window), default=0.0), 3),
        }
        if not bad:
            return Outage(**found)  # type: ignore[arg-type]
        end = bad[-1].at
        back = next((one.at for one in window if one.good and one.at > end), None)
        return Outage(
            **found,  # type: ignore[arg-type]
            first=round(bad[0].at - since, 3),
            last=round(end - since, 3),
            back=None if back is None else round(back - since, 3),
        )


def _told(ack: Ack) -> dict[str, Any]:
    # Only whether it was new may differ between the first answer and a repeated one.
    return {name: value for name, value in ack.answer.items() if name != "created"}

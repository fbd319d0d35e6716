"""How long requests took and how they ended, by kind; no more is kept than three numbers each."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any, Final

from ..figures import percentile

_EXAMPLES: Final = 2
_SHOWN: Final = 300


@dataclass
class Kind:
    """One kind of request: when each was due (seconds from the beginning), its wait, its service.

    `wait` runs from the instant the request was due to the end of its answer, so a person whom a
    slow server holds up counts the holding up too; `service` from when it was really sent.
    """

    due: array[float] = field(default_factory=lambda: array("d"))
    wait: array[float] = field(default_factory=lambda: array("d"))
    service: array[float] = field(default_factory=lambda: array("d"))
    good: int = 0
    raced: int = 0
    unavailable: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, status: str, shown: str) -> None:
        """Keep the first two answers of a status as examples."""
        examples = self.examples.setdefault(status, [])
        if len(examples) < _EXAMPLES:
            examples.append(shown[:_SHOWN])


@dataclass
class Tally:
    """All kinds of one process. Nothing due before `since` (seconds) is counted."""

    since: float = 0.0
    kinds: dict[str, Kind] = field(default_factory=dict)

    def took(self, kind: str, due: float, sent: float, ended: float) -> None:
        """Note an answer, good or raced; all three in seconds from the beginning."""
        if due < self.since:
            return
        one = self.kinds.setdefault(kind, Kind())
        one.due.append(due)
        one.wait.append(ended - due)
        one.service.append(ended - sent)

    def good(self, kind: str, due: float) -> None:
        if due >= self.since:
            self.kinds.setdefault(kind, Kind()).good += 1

    def raced(self, kind: str, due: float, shown: str = "") -> None:
        """Somebody else was quicker: the right answer, but not a good one."""
        one = self.kinds.setdefault(kind, Kind())
        if due >= self.since:
            one.raced += 1
        one.keep("raced", shown)

    def unavailable(self, kind: str) -> None:
        """No answer, or 502 or 503, in a load that expects the server to go away."""
        self.kinds.setdefault(kind, Kind()).unavailable += 1

    def error(self, kind: str, status: str, shown: str) -> None:
        """An error counts whenever it happens, in the warm-up too."""
        one = self.kinds.setdefault(kind, Kind())
        one.errors[status] = one.errors.get(status, 0) + 1
        one.keep(status, shown)


def summary(kind: Kind, seconds: float) -> dict[str, Any]:
    """Give count, rate, percentiles in milliseconds and errors of one kind."""
    found: dict[str, Any] = {
        "count": len(kind.wait),
        "rate": round(len(kind.wait) / seconds, 2) if seconds else 0.0,
        "good": kind.good,
        "raced": kind.raced,
        "unavailable": kind.unavailable,
        "errors": dict(kind.errors),
    }
    for name, values in (("wait", kind.wait), ("service", kind.service)):
        for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
            found[f"{name}_{label}_ms"] = round(percentile(values, share) * 1000, 1)
    if kind.examples:
        found["examples"] = kind.examples
    return found


def together(tally: Tally, names: tuple[str, ...]) -> list[float]:
    """Give the waits of several kinds as one."""
    return [value for name in names if name in tally.kinds for value in tally.kinds[name].wait]

"""The truth of one run kept as rows instead of a log: what the figures need, and a digest of nature."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..model.truth import TruthLog

_GENUINE = frozenset({"fresh", "spread", "return"})


@dataclass(slots=True)
class Stood:
    """A problem's life, in seconds of the run."""

    genuine: bool
    arose: int
    ended: int | None = None
    first_report: int | None = None


class Tally(TruthLog):
    """Takes what a world writes. `nature` is SHA-256 of weather and of every problem that arose
    freshly: where, when, which; it must not depend on what people do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problems: dict[str, Stood] = {}
        self.sources: dict[str, str] = {}
        self._nature: list[str] = []

    def write(self, what: str, at: int, **said: Any) -> None:
        """Take one line."""
        self.count += 1
        if what == "problem":
            self.problems[said["key"]] = Stood(said["cause"] in _GENUINE, at)
            if said["cause"] == "fresh":
                self._nature.append(f"{said['key']} {at} {said['grid']} {said['point']}")
        elif what == "end":
            self.problems[said["key"]].ended = at
        elif what == "report":
            self.sources[said["key"]] = said["source"]
            problem = self.problems.get(said["problem"])
            if problem is not None and problem.first_report is None:
                problem.first_report = at
        elif what == "day":
            self._nature.append(f"{said}")

    @property
    def nature(self) -> str:
        """Digest what nature did, in whatever order it was written."""
        return sha256("\n".join(sorted(self._nature)).encode()).hexdigest()

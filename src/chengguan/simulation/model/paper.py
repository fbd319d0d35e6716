"""A platform on paper: it believes everything and counts limits by the wall clock.

For trying a city and for property tests of the model; no number of it is ever compared.
"""

from __future__ import annotations

from chengguan.core.worktime import LimitUnit, parse_limit

from .platform import MOVES, Act, Answer, Said
from .scenario import Scenario

_SECONDS = {
    LimitUnit.MINUTE: 60,
    LimitUnit.URGENT_HOUR: 3600,
    LimitUnit.URGENT_DAY: 86_400,
    LimitUnit.WORK_HOUR: 2 * 3600,
    LimitUnit.WORK_DAY: 30 * 3600,
    LimitUnit.NATURAL_DAY: 86_400,
}


def wall_seconds(text: str) -> int:
    """Give how long a limit is on the wall clock, roughly: a working day is a day and its night."""
    limit = parse_limit(text)
    return int(float(limit.value) * _SECONDS[limit.unit])


class Paper:
    """Keeps each case's state and due time; refuses what does not follow from the state."""

    def __init__(self, scenario: Scenario) -> None:
        self.states: dict[str, str] = {}
        self.reports = 0
        self.acts = 0
        self._due: dict[str, int] = {}
        self._limits = {one.code: wall_seconds(one.limit) for one in scenario.matters}
        self._matters: dict[str, str] = {}
        self._answers: list[Answer] = []

    def report(self, said: Said) -> None:
        """Believe a report."""
        self.reports += 1
        self.states[said.key] = "reported"
        self._matters[said.key] = said.matter
        self._answers.append(Answer(said.key, "report", "", "reported"))

    def act(self, act: Act) -> None:
        """Move the case; a limit runs from the first dispatch."""
        self.acts += 1
        limit = self._limits[self._matters[act.key]]
        if act.verb == "dispatch":
            self._due.setdefault(act.key, act.at + limit)
        elif act.verb == "grant_extension":
            self._due[act.key] += limit
        state = self.states[act.key] = MOVES.get(act.verb, self.states[act.key])
        self._answers.append(Answer(act.key, act.verb, "", state, self._due.get(act.key)))

    def look(self, now: int) -> list[Answer]:
        """Give the answers since the last look."""
        found, self._answers = self._answers, []
        return found

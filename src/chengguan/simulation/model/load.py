"""How long people are busy: seconds by kind of work, person and hour of the day."""

from __future__ import annotations

_DAY, _HOUR = 86_400, 3_600


class Load:
    """The work of one run. Kinds: patrol and task (collectors), shouli and paiqian (desks), crew."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], list[int]] = {}

    def add(self, kind: str, agent: str, begun: int, until: int) -> None:
        """Note that somebody was busy from one second of the run to another."""
        hours = self.seconds.get((kind, agent))
        if hours is None:
            hours = self.seconds[kind, agent] = [0] * 24
        while begun < until:
            end = min(until, begun - begun % _HOUR + _HOUR)
            hours[begun % _DAY // _HOUR] += end - begun
            begun = end

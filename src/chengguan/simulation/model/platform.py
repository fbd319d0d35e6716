"""What the world and the platform say to each other: acts go in, decisions come out.

The world never looks into the platform: it acts, and sees at its next look what was decided. A
port, so that the model runs on paper (`paper.py`) and on the real platform (`driving.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

#: Where each verb leads, as the agents believe; the platform has the last word.
MOVES: Mapping[str, str] = {
    "request_verification": "verifying",
    "submit_verification": "reported",
    "file": "awaiting_dispatch",
    "void": "voided",
    "dispatch": "awaiting_handling",
    "return_to_dispatcher": "awaiting_dispatch",
    "assign": "handling",
    "submit_handling": "handled",
    "submit_by_unit": "handled",
    "confirm_handled": "feedback",
    "rework": "awaiting_handling",
    "forward": "awaiting_close",
    "request_check": "checking",
    "submit_check": "awaiting_close",
    "refuse_close": "awaiting_dispatch",
    "close": "closed",
    "reopen": "awaiting_dispatch",
}
ENDED = frozenset({"closed", "voided"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a report says. `agent` is who sends it: an account, or the name of a channel; `about`
    the report whose case it repeats, where the sender knows one.
    """

    key: str
    at: int
    source: str
    agent: str
    kind: str
    matter: str
    text: str
    point: tuple[float, float]
    grid: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One verb by one agent on the case of report `key`; `photo` names a picture, "" for none.

    In `data` people stand by account (`person`, `handler`), units by code (`unit`), times in
    seconds of the run; the platform's side puts its own ids there.
    """

    key: str
    verb: str
    agent: str
    at: int
    data: Mapping[str, Any] = field(default_factory=dict)
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an act: refused with a code, or done; then where the case stands."""

    key: str
    verb: str
    refused: str
    state: str
    due: int | None = None


class Platform(Protocol):
    """The two doors, and a look at what they decided."""

    def report(self, said: Said) -> None:
        """Send in a report."""

    def act(self, act: Act) -> None:
        """Take a step; it is decided when somebody looks next."""

    def look(self, now: int) -> list[Answer]:
        """Give what was decided since the last look, in the order of the acts."""

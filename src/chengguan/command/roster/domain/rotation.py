"""From a rotation to a plan of duties: pure, the same rule gives the same plan.

Nobody is ever planned twice at one instant: where a change of hours or a careless cycle lets two
shifts of one person overlap, the later one isn't planned and is told as a clash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from .spans import days_from, span


@dataclass(frozen=True, slots=True)
class Shift:
    """One version of a shift by value."""

    code: str
    name: str
    period: str
    start: time
    end: time
    rest_minutes: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a team, counted from 1, at his area."""

    user_id: int
    team: int
    area_code: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rule by value; see `command.models.roster.Rule`."""

    post: str
    cycle: tuple[str, ...]
    step: int
    valid_from: date
    valid_to: date | None
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """One duty to be: a person, a post, an area, a shift and its half-open instants."""

    user_id: int
    post: str
    area_code: str
    shift: Shift
    day: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rotation gives, by time; `clashes` could not be planned, `unknown` are codes without hours."""

    duties: tuple[Planned, ...]
    clashes: tuple[Planned, ...]
    unknown: tuple[str, ...]


def expand(
    rotation: Rotation,
    shifts: Sequence[Shift],
    first: date,
    last: date,
    counts: Callable[[date], bool],
) -> Plan:
    """Plan the duties that begin on the local dates `first` to `last`, both included.

    `counts` says on which dates the cycle moves; on the others nobody of this rule is on duty.
    """
    versions = _versions(shifts)
    until = min(last, rotation.valid_to) if rotation.valid_to else last
    duties: list[Planned] = []
    clashes: list[Planned] = []
    unknown: dict[str, None] = {}
    busy: dict[int, datetime] = {}
    position = -1
    # From the rule's own beginning: there its cycle stands at the first position, and what clashes
    # must not depend on the month that is asked for.
    for day in days_from(rotation.valid_from, until):
        if not counts(day):
            continue
        position += 1
        for member in rotation.members:
            code = _code(rotation, position, member.team)
            shift = _in_force(versions.get(code, ()), day)
            if not code or shift is None:
                if code:
                    unknown[code] = None
                continue
            one = _planned(rotation, member, shift, day)
            if busy.get(member.user_id, one.starts_at) > one.starts_at:
                if day >= first:
                    clashes.append(one)
                continue
            busy[member.user_id] = one.ends_at
            if day >= first:
                duties.append(one)
    return Plan(tuple(duties), tuple(clashes), tuple(unknown))


def _code(rotation: Rotation, position: int, team: int) -> str:
    # Each team stands `step` days behind the one before, so their shifts tile the day.
    return rotation.cycle[(position - (team - 1) * rotation.step) % len(rotation.cycle)]


def _planned(rotation: Rotation, member: Member, shift: Shift, day: date) -> Planned:
    starts_at, ends_at = span(day, shift.start, shift.end)
    return Planned(member.user_id, rotation.post, member.area_code, shift, day, starts_at, ends_at)


def _versions(shifts: Sequence[Shift]) -> Mapping[str, list[Shift]]:
    found: dict[str, list[Shift]] = {}
    for shift in sorted(shifts, key=lambda one: one.valid_from, reverse=True):
        found.setdefault(shift.code, []).append(shift)
    return found


def _in_force(versions: Sequence[Shift], day: date) -> Shift | None:
    return next((one for one in versions if one.valid_from <= day), None)

"""Where the roster doesn't hold: hours with too few people (空岗), people on duty twice (重复). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from .presence import Duty
from .spans import days_from, span


@dataclass(frozen=True, slots=True)
class Need:
    """One requirement by value."""

    id: int
    organisation_id: int
    post: str
    area_code: str
    days: str
    start: time
    end: time
    people: int
    valid_from: date
    valid_to: date | None

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time, `starts_at <= t < ends_at`, with fewer people than are needed."""

    need: Need
    day: date
    starts_at: datetime
    ends_at: datetime
    people: int

    @property
    def missing(self) -> int:
        return self.need.people - self.people


@dataclass(frozen=True, slots=True)
class Double:
    """One person on duty at two places at once, for `starts_at <= t < ends_at`."""

    user_id: int
    one: Duty
    other: Duty
    starts_at: datetime
    ends_at: datetime


def gaps(
    needs: Iterable[Need],
    present: Sequence[Duty],
    first: date,
    last: date,
    counts: Callable[[str, date], bool],
) -> list[Gap]:
    """Give every stretch with too few people, of requirements on the dates `first` to `last`.

    `present` are pieces of duty as they will be done, absences taken off. A person at an area
    counts for requirements of that area and of those above it, once each.
    """
    by_post: dict[tuple[str, int], list[Duty]] = {}
    for piece in present:
        by_post.setdefault((piece.post, piece.organisation_id), []).append(piece)
    found: list[Gap] = []
    for need in needs:
        there = [
            piece
            for piece in by_post.get((need.post, need.organisation_id), ())
            if piece.area_code.startswith(need.area_code)
        ]
        for day in days_from(first, last):
            if need.holds(day) and counts(need.days, day):
                found += _short(need, day, there)
    return sorted(found, key=lambda gap: (gap.starts_at, gap.need.area_code, gap.need.post))


def doubles(present: Iterable[Duty]) -> list[Double]:
    """Give every pair of duties of one person that overlap."""
    by_person: dict[int, list[Duty]] = {}
    for piece in present:
        by_person.setdefault(piece.user_id, []).append(piece)
    found = []
    for user_id, pieces in by_person.items():
        pieces.sort(key=lambda one: one.starts_at)
        open_: list[Duty] = []
        for piece in pieces:
            open_ = [one for one in open_ if one.ends_at > piece.starts_at]
            found += [
                Double(user_id, one, piece, piece.starts_at, min(one.ends_at, piece.ends_at))
                for one in open_
            ]
            open_.append(piece)
    return sorted(found, key=lambda one: (one.starts_at, one.user_id))


def _short(need: Need, day: date, there: Sequence[Duty]) -> list[Gap]:
    starts_at, ends_at = span(day, need.start, need.end)
    near = [one for one in there if one.starts_at < ends_at and one.ends_at > starts_at]
    edges = {starts_at, ends_at}
    for one in near:
        edges |= {at for at in (one.starts_at, one.ends_at) if starts_at < at < ends_at}
    found: list[Gap] = []
    for start, end in pairwise(sorted(edges)):
        people = len({one.user_id for one in near if one.at(start)})
        if people >= need.people:
            continue
        last = found[-1] if found else None
        if last and last.ends_at == start and last.people == people:
            found[-1] = Gap(need, day, last.starts_at, end, people)
        else:
            found.append(Gap(need, day, start, end, people))
    return found

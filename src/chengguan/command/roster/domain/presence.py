"""Who is there: duties cut by absences, with the stand-in in the gap (AB 角). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from django.utils import timezone

# A stands in for B, B for C: longer chains are a plan that nobody follows.
_CHAIN = 5


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty, or a piece of it; `for_user` is whom the stand-in replaces, None for one's own."""

    id: int
    user_id: int
    post: str
    area_code: str
    organisation_id: int
    shift_code: str
    shift_name: str
    period: str
    starts_at: datetime
    ends_at: datetime
    rest_minutes: int = 0
    source: str = ""
    for_user: int | None = None

    def at(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    @property
    def seconds(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Away:
    """One absence."""

    user_id: int
    starts_at: datetime
    ends_at: datetime
    stand_in: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A's stand-in between two dates, both included."""

    user_id: int
    stand_in: int
    valid_from: date
    valid_to: date | None


class Absences:
    """Who is away and who stands in, at any instant of the window they were read for."""

    def __init__(self, away: Iterable[Away], pairs: Iterable[Pair]) -> None:
        self._away: dict[int, list[Away]] = {}
        for one in away:
            self._away.setdefault(one.user_id, []).append(one)
        self._pairs: dict[int, list[Pair]] = {}
        for pair in pairs:
            self._pairs.setdefault(pair.user_id, []).append(pair)

    def of(self, user_id: int, at: datetime) -> Away | None:
        """Give the absence of a person at an instant."""
        return next((o for o in self._away.get(user_id, ()) if o.starts_at <= at < o.ends_at), None)

    def away(self, at: datetime) -> frozenset[int]:
        """Give everybody who is away at an instant."""
        return frozenset(user_id for user_id in self._away if self.of(user_id, at) is not None)

    def stand_in(self, user_id: int, at: datetime) -> int | None:
        """Give who stands in for a person who is away then; None when he is there, or nobody does.

        A stand-in who is away himself is replaced by his own.
        """
        seen = {user_id}
        asked = user_id
        for _ in range(_CHAIN):
            away = self.of(asked, at)
            if away is None:
                return asked if asked != user_id else None
            found = away.stand_in or self._paired(asked, at)
            if found is None or found in seen:
                return None
            seen.add(found)
            asked = found
        return None

    def pieces(self, duty: Duty) -> list[Duty]:
        """Cut a duty at the edges of absences; each piece names who is really there.

        A piece whose person is away and has no stand-in is left out.
        """
        edges = {duty.starts_at, duty.ends_at}
        for user_id in self._reach(duty):
            for one in self._away.get(user_id, ()):
                edges |= {e for e in (one.starts_at, one.ends_at) if duty.at(e)}
        found: list[Duty] = []
        for start, end in pairwise(sorted(edges)):
            piece = self._piece(duty, start, end)
            if piece is None:
                continue
            last = found[-1] if found else None
            if last and last.ends_at == start and last.user_id == piece.user_id:
                found[-1] = replace(last, ends_at=end)
            else:
                found.append(piece)
        return found

    def _piece(self, duty: Duty, start: datetime, end: datetime) -> Duty | None:
        if self.of(duty.user_id, start) is None:
            return replace(duty, starts_at=start, ends_at=end)
        other = self.stand_in(duty.user_id, start)
        if other is None:
            return None
        return replace(duty, user_id=other, starts_at=start, ends_at=end, for_user=duty.user_id)

    def _reach(self, duty: Duty) -> set[int]:
        if duty.user_id not in self._away:
            return set()
        reach, fresh = {duty.user_id}, {duty.user_id}
        for _ in range(_CHAIN):
            fresh = {
                other
                for user_id in fresh
                for other in (
                    *(o.stand_in for o in self._away.get(user_id, ())),
                    *(p.stand_in for p in self._pairs.get(user_id, ())),
                )
                if other is not None
            } - reach
            reach |= fresh
        return reach

    def _paired(self, user_id: int, at: datetime) -> int | None:
        day = timezone.localtime(at).date()
        for pair in self._pairs.get(user_id, ()):
            if pair.valid_from <= day and (pair.valid_to is None or day <= pair.valid_to):
                return pair.stand_in
        return None


def pieces_of(duties: Sequence[Duty], absences: Absences) -> list[Duty]:
    """Cut all duties; see `Absences.pieces`."""
    return [piece for duty in duties for piece in absences.pieces(duty)]

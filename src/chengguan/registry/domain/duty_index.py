"""Duties and precedents in memory, found by exactness: matter first, then area, then hours.

The more exact duty wins: the longer matter code or prefix, then a named kind before any kind,
then the longer area code, then one with hours before one without.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.models import Organisation
from chengguan.store.cache import revised

from ..enums import DutyRole
from ..models import Duty, Precedent

AREA_LENGTHS: Final = (15, 12, 9, 6, 4, 2, 0)
_WEEK: Final = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation by value."""

    id: int
    code: str
    name: str
    path: str
    credit_code: str
    active: bool
    kind: str


@dataclass(frozen=True, slots=True)
class DutyRef:
    """One version of a duty by value."""

    id: int
    code: str
    version: int
    unit: Unit
    role: str
    kind: str
    matter_prefix: str
    area_code: str
    weekdays: frozenset[int]
    start: time | None
    end: time | None
    basis: str
    valid_from: date
    valid_to: date | None

    @property
    def windowed(self) -> bool:
        return bool(self.weekdays) or self.start is not None or self.end is not None

    @property
    def rank(self) -> tuple[int, bool, int, bool]:
        """How exact it is; the greater wins."""
        return len(self.matter_prefix), bool(self.kind), len(self.area_code), self.windowed

    @property
    def window_text(self) -> str:
        days = "".join(_WEEK[day - 1] for day in sorted(self.weekdays))
        hours = ""
        if self.start is not None or self.end is not None:
            end = f"{self.end:%H:%M}" if self.end else "24:00"
            hours = f"{self.start or time():%H:%M}–{end}"
        return " ".join(part for part in (f"周{days}" if days else "", hours) if part)

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def at_work(self, local: datetime) -> bool:
        """Say whether the local time lies in the hours; hours over midnight count to their first day."""
        start, end = self.start or time(), self.end
        clock, day = local.time(), local.isoweekday()
        if end is not None and end <= start:
            if clock < end:
                day = (local - timedelta(days=1)).isoweekday()
            elif clock < start:
                return False
        elif clock < start or (end is not None and clock >= end):
            return False
        return not self.weekdays or day in self.weekdays


@dataclass(frozen=True, slots=True)
class PrecedentRef:
    """An arbitration by value."""

    id: int
    unit: Unit
    kind: str
    matter_code: str
    area_code: str
    reason: str
    ruled_by: str
    ruled_at: datetime
    valid_from: date
    valid_to: date | None
    basis: str = ""
    case_number: str = ""
    revoked_at: datetime | None = None

    def in_force(self, on: date, at: datetime) -> bool:
        """Say whether it holds at an instant of a local date: its days, and until it is revoked."""
        held = self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)
        return held and (self.revoked_at is None or at < self.revoked_at)


class DutyIndex:
    """The duties of one role and the precedents in force at one moment."""

    def __init__(self, duties: Iterable[DutyRef], precedents: Iterable[PrecedentRef]) -> None:
        self._duties: dict[tuple[str, str], dict[str, list[DutyRef]]] = {}
        self._precedents: dict[tuple[str, str], dict[str, PrecedentRef]] = {}
        self.areas: set[str] = set()
        for duty in duties:
            by_area = self._duties.setdefault((duty.matter_prefix, duty.kind), {})
            by_area.setdefault(duty.area_code, []).append(duty)
            self.areas.add(duty.area_code)
        # Of two rulings on the same thing the later holds.
        for ruling in sorted(precedents, key=lambda p: (p.ruled_at, p.id)):
            by_ruled = self._precedents.setdefault((ruling.matter_code, ruling.kind), {})
            by_ruled[ruling.area_code] = ruling
            self.areas.add(ruling.area_code)

    def precedent(self, kind: str, matter_code: str, area_code: str) -> PrecedentRef | None:
        """Give the most exact ruling, or None."""
        for ruled in _matching(self._precedents, kind, matter_code):
            for length in AREA_LENGTHS:
                found: PrecedentRef | None = ruled.get(area_code[:length])
                if found is not None and length <= len(area_code):
                    return found
        return None

    def winners(self, kind: str, matter_code: str, area_code: str) -> list[DutyRef]:
        """Give the equally exact duties that win; empty is a gap."""
        for by_area in _matching(self._duties, kind, matter_code):
            for length in AREA_LENGTHS:
                found = by_area.get(area_code[:length]) if length <= len(area_code) else None
                if found:
                    return [duty for duty in found if duty.windowed] or found
        return []

    def considered(self, kind: str, matter_code: str, area_code: str) -> list[DutyRef]:
        """Give every duty that matches matter and area, the most exact first."""
        found = [
            duty
            for by_area in _matching(self._duties, kind, matter_code)
            for length in AREA_LENGTHS
            if length <= len(area_code)
            for duty in by_area.get(area_code[:length], ())
        ]
        return sorted(found, key=lambda duty: duty.rank, reverse=True)


def index_at(at: datetime, role: str = DutyRole.RESPONSIBLE) -> DutyIndex:
    """Give what is in force and at work at a moment (duties of inactive units are left out)."""
    local = timezone.localtime(at)
    return DutyIndex(
        (duty for duty in in_force(local.date(), role) if duty.unit.active and duty.at_work(local)),
        (ruling for ruling in precedents_at(at) if ruling.unit.active),
    )


def day_index(on: date, role: str) -> DutyIndex:
    """Give the duties of a role in force on a local date, at whatever hour; no precedents."""
    starts = _periods()
    at = bisect_right(starts, on)
    return _period_index(starts[at - 1], role) if at else DutyIndex((), ())


@revised("duties", "organisations")
def _periods() -> list[date]:
    # Between two changes every day has the same index: kept once per period, not per day.
    starts = {duty.valid_from for duty in duties()}
    ends = {duty.valid_to + timedelta(days=1) for duty in duties() if duty.valid_to}
    return sorted(starts | ends)


@revised("duties", "organisations")
def _period_index(start: date, role: str) -> DutyIndex:
    return DutyIndex((duty for duty in in_force(start, role) if duty.unit.active), ())


def in_force(on: date, role: str = DutyRole.RESPONSIBLE) -> Iterator[DutyRef]:
    """Give the duties of a role in force on a local date, at whatever hour."""
    return (duty for duty in duties() if duty.role == role and duty.in_force(on))


def precedents_at(at: datetime) -> Iterator[PrecedentRef]:
    """Give the rulings in force at an instant."""
    on = timezone.localtime(at).date()
    return (ruling for ruling in _precedents() if ruling.in_force(on, at))


def precedents_of(matter_code: str, at: datetime) -> list[PrecedentRef]:
    """Give the rulings in force that may speak of a matter: its own code's and its prefixes'.

    A city gathers rulings by the thousand; one question concerns a few.
    """
    on, by_code = timezone.localtime(at).date(), _precedents_by_code()
    codes = (matter_code[:length] for length in range(len(matter_code), -1, -1))
    return [one for code in codes for one in by_code.get(code, ()) if one.in_force(on, at)]


@revised("duties", "organisations")
def _precedents_by_code() -> dict[str, list[PrecedentRef]]:
    found: dict[str, list[PrecedentRef]] = {}
    for one in _precedents():
        found.setdefault(one.matter_code, []).append(one)
    return found


@revised("organisations")
def units() -> dict[int, Unit]:
    """Give every organisation by id."""
    return {
        row.pk: Unit(row.pk, row.code, row.name, row.path, row.credit_code, row.active, row.kind)
        for row in Organisation.objects.order_by("pk")
    }


@revised("duties", "organisations")
def duties() -> tuple[DutyRef, ...]:
    """Give every version of every duty, by code and version."""
    known = units()
    return tuple(_duty(row, known) for row in Duty.objects.order_by("code", "version"))


@revised("duties", "organisations")
def _precedents() -> tuple[PrecedentRef, ...]:
    known = units()
    return tuple(
        PrecedentRef(
            id=row.pk,
            unit=known[row.organisation_id],
            kind=row.kind,
            matter_code=row.matter_code,
            area_code=row.area_code,
            reason=row.reason,
            ruled_by=row.ruled_by,
            ruled_at=row.ruled_at,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            basis=row.basis,
            case_number=row.case_number,
            revoked_at=row.revoked_at,
        )
        for row in Precedent.objects.order_by("pk")
    )


def _duty(row: Duty, known: Mapping[int, Unit]) -> DutyRef:
    return DutyRef(
        id=row.pk,
        code=row.code,
        version=row.version,
        unit=known[row.organisation_id],
        role=row.role,
        kind=row.kind,
        matter_prefix=row.matter_prefix,
        area_code=row.area_code,
        weekdays=frozenset(row.weekdays),
        start=row.start,
        end=row.end,
        basis=row.basis,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _matching(held: Mapping[tuple[str, str], Any], kind: str, code: str) -> Iterator[Any]:
    for length in range(len(code), -1, -1):
        for named in (kind, "") if kind else ("",):
            found = held.get((code[:length], named))
            if found is not None:
                yield found

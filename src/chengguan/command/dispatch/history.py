"""What the machine would have answered, held against where cases ended: shown before it may act.

Of each case handled in the last 90 days, the rules are asked as they stood when it was filed. A
ruling made later is left out: it may come from the very case it would be tried on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.queries import cases_visible_to
from chengguan.registry.domain.duty import ONE, owners_of, resolve
from chengguan.registry.models import Precedent

from .accuracy import NEEDED_PERCENT, percent_of
from .candidates import DAYS

#: The latest so many are looked at: each costs a tenth of a millisecond.
MOST: Final = 4000
NEEDED: Final = 20
T = TypeVar("T")
_COLUMNS: Final = (
    "id", "number", "kind", "matter_code", "area_code", "component_code", "unit_id", "filed_at",
    "important", "returns",
)  # fmt: skip


class Compared(Protocol):
    """A machine's answer to one case of history: right, wrong, unsure or open."""

    @property
    def kind(self) -> str: ...
    @property
    def matter(self) -> str: ...
    @property
    def outcome(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Tried:
    """One case: the unit that handled it, and what the rules answered (None: not exactly one)."""

    id: int
    number: str
    kind: str
    matter: str
    area: str
    filed_at: datetime
    unit: int
    answer: int | None
    reason: str
    plain: bool

    @property
    def outcome(self) -> str:
        if self.answer is None:
            return "unsure"
        return "right" if self.answer == self.unit else "wrong"


class Looked(list[T]):
    """The cases of history that were looked at, the latest first; `cut` where there are older ones."""

    def __init__(self, found: Iterable[T], *, cut: bool) -> None:
        super().__init__(found)
        self.cut = cut


@dataclass(slots=True)
class Tally:
    """How often a machine's answer was what came of a case.

    `unsure`: it gave none, and left the case to people; `open`: what came of it may still change.
    """

    kind: str
    matter: str
    right: int = 0
    wrong: int = 0
    unsure: int = 0
    open: int = 0

    @property
    def decided(self) -> int:
        return self.right + self.wrong

    @property
    def all(self) -> int:
        return self.decided + self.unsure + self.open

    @property
    def percent(self) -> str:
        return percent_of(self.right, self.wrong)

    @property
    def enough(self) -> bool:
        return self.decided >= NEEDED and self.right * 100 >= NEEDED_PERCENT * self.decided


def tried(
    principal: Principal,
    at: datetime,
    *,
    area: str = "",
    kind: str = "",
    matter: str = "",
    days: int = DAYS,
) -> Looked[Tried]:
    """Give the handled cases of the last days that the principal may see, the latest first."""
    wanted: dict[str, Any] = {"handled_at__gte": at - timedelta(days=days), "handled_at__lt": at}
    if area:
        wanted["area_code__startswith"] = area
    if kind:
        wanted |= {"kind": kind, "matter_code": matter}
    found = cases_visible_to(principal).filter(
        filed_at__isnull=False, unit_id__isnull=False, **wanted
    )
    rows = list(found.order_by("-handled_at", "-id").values(*_COLUMNS)[: MOST + 1])
    return Looked(_answers(rows[:MOST]), cut=len(rows) > MOST)


def by_matter(found: Iterable[Compared]) -> list[Tally]:
    """Give the tallies by matter, the commonest first."""
    tallies: dict[tuple[str, str], Tally] = {}
    for one in found:
        tally = tallies.setdefault((one.kind, one.matter), Tally(one.kind, one.matter))
        setattr(tally, one.outcome, getattr(tally, one.outcome) + 1)
    return sorted(tallies.values(), key=lambda t: (-t.all, t.kind, t.matter))


def tally_of(principal: Principal, at: datetime, kind: str, matter: str, area: str) -> Tally:
    """Give the tally of one matter in one area."""
    return first_tally(tried(principal, at, area=area, kind=kind, matter=matter), kind, matter)


def first_tally(found: Iterable[Compared], kind: str, matter: str) -> Tally:
    """Give the one tally of cases that are of one matter, an empty one of none."""
    return next(iter(by_matter(found)), Tally(kind, matter))


def _answers(rows: list[dict[str, Any]]) -> Iterator[Tried]:
    owners = owners_of(row["component_code"] for row in rows)
    ruled = dict(Precedent.objects.values_list("pk", "ruled_at"))
    for row in rows:
        filed = row["filed_at"]
        found = resolve(
            row["kind"],
            row["matter_code"],
            filed,
            area_code=row["area_code"],
            component_code=row["component_code"],
            owners=owners,
        )
        answer = found.organisation_id if found.status == ONE else None
        used = next((one.precedent_id for one in found.trace if one.won and one.precedent_id), None)
        if used is not None and ruled.get(used, filed) > filed:
            answer = None
        yield Tried(
            row["id"],
            row["number"],
            row["kind"],
            row["matter_code"],
            row["area_code"],
            filed,
            row["unit_id"],
            answer,
            found.reason,
            not row["important"],
        )

"""What speaks for and against a unit: its load now, and how punctual it was of late.

Each number is counted as the list behind it is: cases by the case filter, facts by `FactFilter`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.filters import OPEN
from chengguan.cases.models import Fact
from chengguan.cases.queries import cases_visible_to
from chengguan.registry.domain.duty_index import units

DAYS: Final = 90
HANDLE: Final = "handle"


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which finished handling is meant: of a unit, a matter (or all), since a local day."""

    unit: int | None = None
    kind: str = ""
    matter: str = ""
    since: date | None = None
    on_time: bool | None = None

    def q(self) -> Q:
        """Give the condition on `cases_fact`."""
        plain = {
            "unit_id": self.unit,
            "kind": self.kind or None,
            "matter_code": self.matter or None,
            "ended_at__gte": _midnight(self.since) if self.since else None,
            "on_time": None if self.on_time is None else int(self.on_time),
        }
        return Q(clock=HANDLE, **{name: one for name, one in plain.items() if one is not None})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that might get the case; `why` is how it came to be named here.

    `open` and `late` are the cases it has in hand; the others finished handlings of `DAYS` days,
    of this matter and of all, and those of them in time.
    """

    id: int
    name: str
    proposed: bool
    why: str
    open: int = 0
    late: int = 0
    finished: int = 0
    on_time: int = 0
    finished_all: int = 0
    on_time_all: int = 0

    @property
    def share(self) -> int | None:
        return self.on_time * 100 // self.finished if self.finished else None

    @property
    def share_all(self) -> int | None:
        return self.on_time_all * 100 // self.finished_all if self.finished_all else None


def facts_visible_to(principal: Principal) -> QuerySet[Fact]:
    """Give the facts of cases in the scope of a principal's posts."""
    scope = scope_q(
        principal, Capability.SEE_CASES, organisation_path="unit_path", matter="matter_code"
    )
    return Fact.objects.filter(scope)


def measured(
    principal: Principal,
    named: Sequence[tuple[int, bool, str]],
    kind: str,
    matter: str,
    at: datetime,
) -> list[Candidate]:
    """Give the units named (id, proposed, why) with their load and record; two statements."""
    known = units()
    named = [one for one in named if one[0] in known]
    if not named:
        return []
    load = _load(principal, [known[one[0]].path for one in named], at)
    record = _record(principal, [one[0] for one in named], kind, matter, at)
    return [
        Candidate(
            unit,
            known[unit].name,
            proposed,
            why,
            load[f"open_{number}"],
            load[f"late_{number}"],
            *record.get(unit, (0, 0, 0, 0)),
        )
        for number, (unit, proposed, why) in enumerate(named)
    ]


def usual_units(
    principal: Principal, kind: str, matter: str, area: str, at: datetime, most: int = 3
) -> list[int]:
    """Give who handled this matter most often of late, in the district: where the duties are silent."""
    wanted = FactFilter(kind=kind, matter=matter, since=since(at)).q()
    rows = facts_visible_to(principal).filter(
        wanted, area_code__startswith=area[:6], unit_id__isnull=False
    )
    counted = rows.order_by().values("unit_id").annotate(count=Count("id")).order_by("-count")
    return [row["unit_id"] for row in counted[:most] if row["unit_id"] is not None]


def since(at: datetime) -> date:
    """Give the first day of the record: `DAYS` days before."""
    return timezone.localtime(at).date() - timedelta(days=DAYS)


def _load(principal: Principal, paths: Sequence[str], at: datetime) -> dict[str, int]:
    """Count as the list of cases does with `unit`, `stage=handle` and `light=red`."""
    whole = Q(pk__in=[])
    counts: dict[str, Count] = {}
    for number, path in enumerate(paths):
        own = Q(unit_path__startswith=path)
        whole |= own
        counts[f"open_{number}"] = Count("id", filter=own)
        counts[f"late_{number}"] = Count("id", filter=own & Q(stage_due_at__lt=at))
    rows = cases_visible_to(principal).filter(OPEN, whole, stage="handle")
    return rows.order_by().aggregate(**counts)


def _record(
    principal: Principal, unit_ids: Sequence[int], kind: str, matter: str, at: datetime
) -> dict[int, tuple[int, int, int, int]]:
    own = Q(kind=kind, matter_code=matter)
    rows = (
        facts_visible_to(principal)
        .filter(FactFilter(since=since(at)).q(), unit_id__in=list(unit_ids))
        .order_by()
        .values("unit_id")
        .annotate(
            finished=Count("id", filter=own),
            kept=Count("id", filter=own & Q(on_time=1)),
            finished_all=Count("id"),
            kept_all=Count("id", filter=Q(on_time=1)),
        )
    )
    return {
        row["unit_id"]: (row["finished"], row["kept"], row["finished_all"], row["kept_all"])
        for row in rows
        if row["unit_id"] is not None
    }


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

"""有工作记录 / 无工作记录: presence follows from work that was done, never from a clock-in.

What counts are steps of cases and reports, as the audit log holds them (indexed by person and
instant; the table of events is not, and the path of a step shall not pay for this page). Signing
in, opening pages and the time between are not looked at: 国办函〔2026〕12号 forbids clock-ins and
online time, and no page sorts people by what is counted here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chengguan.audit.enums import Result
from chengguan.audit.models import Entry
from chengguan.workflow.domain.definition import current

_STEPS = "case."


@dataclass(frozen=True, slots=True)
class Record:
    """Work done within a duty: how many steps, the first and the last of them."""

    steps: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def words(self) -> str:
        return "有工作记录" if self.steps else "无工作记录"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case, as the page lists it."""

    at: datetime
    action: str
    case_id: str

    @property
    def title(self) -> str:
        """What the step is called on screens; a verb that the procedure has dropped keeps its code."""
        verb = current("case").verbs.get(self.action.removeprefix(_STEPS))
        return verb.title if verb else self.action


def steps_in(user_id: int, starts_at: datetime, ends_at: datetime) -> list[Step]:
    """Give the steps of cases a person took, `starts_at <= t < ends_at`, by time."""
    rows = Entry.objects.filter(
        actor_id=user_id,
        at__gte=starts_at,
        at__lt=ends_at,
        action__startswith=_STEPS,
        result=Result.DONE,
    )
    return [
        Step(*row) for row in rows.order_by("at", "id").values_list("at", "action", "subject_id")
    ]


def record_of(steps: Iterable[Step]) -> Record:
    """Sum the steps up."""
    found = list(steps)
    if not found:
        return Record(0, None, None)
    return Record(len(found), found[0].at, found[-1].at)

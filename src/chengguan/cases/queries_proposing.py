"""How often what was proposed was taken: by matter and rank, each figure the count of its cases.

The truth is the matter a case was filed as, wherever it was chosen; held against what was proposed
for the words when the call was taken in, or when the desk filed a report that came without a matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models.fields.json import KeyTransform

from chengguan.accounts.domain.principal import Principal

from .domain.calling import CLIENT, PROPOSED
from .models import Offered, Report
from .queries import cases_visible_to

DAYS: Final = 30
#: So many of the newest calls are looked at; the page says where there are more.
MOST: Final = 20_000
RANKS: Final[dict[str, str]] = {
    "1": "首位",
    "2": "第二",
    "3": "第三",
    "later": "第四以后",
    "other": "推荐之外",
    "none": "没有推荐",
}


@dataclass(slots=True)
class Taken:
    """The cases of one matter: the ids of their cases by rank."""

    kind: str
    code: str
    cases: dict[str, list[int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(map(len, self.cases.values()))

    def at(self, rank: str) -> list[int]:
        """Give the cases of a rank; "" for all of them."""
        if rank:
            return self.cases.get(rank, [])
        return [one for listed in self.cases.values() for one in listed]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What was taken since `since`, the most frequent matter first; `whole` says if all was read."""

    since: datetime
    matters: list[Taken]
    whole: bool


def accuracy(principal: Principal, at: datetime) -> Accuracy:
    """Give how the filed calls of the last 30 days fell among their proposals; three statements."""
    since = at - timedelta(days=DAYS)
    asked = Report.objects.filter(client__startswith=CLIENT, at__gte=since, raw__has_key=PROPOSED)
    reports = list(
        asked.order_by("-at").values_list("case_id", KeyTransform(PROPOSED, "raw"))[: MOST + 1]
    )
    desk = Offered.objects.filter(at__gte=since).order_by("-at").values_list("case_id", "matters")
    offered = list(desk[: MOST + 1])
    # A call's proposals were made first, for the words as they were said.
    proposed = dict(offered[:MOST]) | dict(reports[:MOST])
    filed = cases_visible_to(principal).filter(
        pk__in=list(proposed), filed_at__isnull=False, main_case_id__isnull=True
    )
    found: dict[tuple[str, str], Taken] = {}
    for key, kind, code in filed.order_by("-pk").values_list("pk", "kind", "matter_code"):
        one = found.setdefault((kind, code), Taken(kind, code))
        one.cases.setdefault(_rank(proposed[key], kind, code), []).append(key)
    ordered = sorted(found.values(), key=lambda one: (-one.total, one.kind, one.code))
    return Accuracy(since, ordered, max(len(reports), len(offered)) <= MOST)


def _rank(proposed: list[list[str]], kind: str, code: str) -> str:
    if not proposed:
        return "none"
    if [kind, code] not in proposed:
        return "other"
    place = proposed.index([kind, code]) + 1
    return str(place) if place <= 3 else "later"

"""What the machine would have closed, held against what people decided: shown before it may act.

Of each decision on a closing in the last 90 days the rules are asked as the case stood just before.
Right: people closed it, and it has stood for the time in which residents may dispute it. Wrong:
people refused, sent somebody to look again, or forced it; or it was reopened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.proof import weigh
from chengguan.cases.queries import cases_visible_to
from chengguan.cases.stories import COLUMNS, Happening, Story, stories_of
from chengguan.registry.domain import catalogue

from ..dispatch.candidates import DAYS
from ..dispatch.history import Looked, Tally, first_tally
from .ledger import TERM

#: The latest so many cases are looked at, and so many of them with all their steps.
MOST: Final = 10_000
STORIES: Final = 4000
_QUEUE: Final = "awaiting_close"
_DECIDES: Final = frozenset({"close", "refuse_close"})
#: Who was content with the evidence would have closed: these say that he was not.
_DOUBTS: Final = frozenset({"request_check", "grant_force_close"})
_REOPENS: Final = frozenset({"reopen", "reopen_inspected"})
_COLUMNS: Final = (
    *COLUMNS, "kind", "matter_code", "area_code", "closed_at", "finding", "reworks", "reopened",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: what people did, when, and what the machine would have answered."""

    id: int
    number: str
    kind: str
    matter: str
    area: str
    at: datetime
    verb: str
    by: str
    outcome: str
    reason: str

    @property
    def name(self) -> str:
        """Give the matter in words."""
        known = catalogue.matter(self.kind, self.matter)
        return known.name if known else self.matter


def tried(
    principal: Principal,
    at: datetime,
    *,
    area: str = "",
    kind: str = "",
    matter: str = "",
    days: int = DAYS,
) -> Looked[Decided]:
    """Give the decisions of the last days on cases that the principal may see, the latest first.

    Three statements.
    """
    since = at - timedelta(days=days)
    wanted: dict[str, Any] = {"area_code__startswith": area} if area else {}
    if kind:
        wanted |= {"kind": kind, "matter_code": matter}
    touched = (
        Q(closed_at__gte=since, closed_at__lt=at)
        | Q(closed_at=None, reworks__gt=0)
        | Q(closed_at=None, reopened__gt=0)
        | Q(closed_at=None, stage="check")
    )
    found = cases_visible_to(principal).filter(
        touched,
        filed_at__isnull=False,
        main_case_id=None,
        forced=False,
        self_handled=False,
        **wanted,
    )
    rows = list(
        found.exclude(state="voided").order_by("-changed_at", "-id").values(*_COLUMNS)[:MOST]
    )
    told = [row for row in rows if _may_pass(row)]
    cut = len(rows) == MOST or len(told) > STORIES
    if len(told) > STORIES:
        # No further back than the last of them, lest the older be counted without their stories.
        rows = rows[: rows.index(told[STORIES])]
    stories = {story.row["id"]: story for story in stories_of(told[:STORIES])}
    decided = [one for row in rows for one in _decisions(row, stories.get(row["id"]), at)]
    within = (one for one in decided if since <= one.at < at)
    return Looked(sorted(within, key=lambda one: (one.at, one.id), reverse=True), cut=cut)


def tally_of(principal: Principal, at: datetime, kind: str, matter: str, area: str) -> Tally:
    """Give the tally of one matter in one area."""
    return first_tally(tried(principal, at, area=area, kind=kind, matter=matter), kind, matter)


def share_of(found: Iterable[Decided]) -> tuple[int, int]:
    """Give (closings the machine would have taken, closings by people) of some decisions."""
    closed = [one for one in found if one.verb == "close"]
    return sum(one.outcome != "unsure" for one in closed), len(closed)


def _may_pass(row: dict[str, Any]) -> bool:
    """Without a check, and never sent back: no rule would let it pass, whatever its steps."""
    return bool(row["finding"] or row["reworks"] or row["reopened"] or row["closed_at"] is None)


def _decisions(row: dict[str, Any], story: Story | None, at: datetime) -> Iterator[Decided]:
    if story is None:
        yield _decided(row, row["closed_at"], "close", "", "unsure", "核查人：没有到现场核查")
        return
    for one in story.events:
        if one.from_state != _QUEUE or one.verb not in _DECIDES | _DOUBTS:
            continue
        proof = weigh(story.until(one.seq), one.at)
        if proof.passed:
            outcome = _outcome(story, one, at)
            yield _decided(row, one.at, one.verb, one.actor, outcome, "依据齐全")
        elif one.verb in _DECIDES:
            yield _decided(row, one.at, one.verb, one.actor, "unsure", proof.reason)


def _outcome(story: Story, one: Happening, at: datetime) -> str:
    if one.verb != "close":
        return "wrong"
    if any(later.seq > one.seq and later.verb in _REOPENS for later in story.events):
        return "wrong"
    return "right" if one.at < at - TERM else "open"


def _decided(
    row: dict[str, Any], at: datetime, verb: str, by: str, outcome: str, reason: str
) -> Decided:
    return Decided(
        row["id"],
        row["number"],
        row["kind"],
        row["matter_code"],
        row["area_code"],
        at,
        verb,
        by,
        outcome,
        reason,
    )

"""What every machine of command has in common: its rules, whose queue it reads, what is drawn.

A machine does one act by itself where a rule is on. Each says who may switch it on, who looks
again, what history says of it and how right it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.store import revisions
from chengguan.store.cache import revised
from chengguan.workflow.models import WorkItem

from ...models import AutomaticRule
from ..accuracy import Ledger
from ..history import Tally

REVISION: Final = "command.automatic"
BATCH: Final = 200
_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class Machine:
    """One machine. `act` is that of its rules, `title` its name in words, `did` what it does.

    Who switches it needs all of `switches` in the place, who looks again `judges`. It reads the
    queue of `state`, which waits for `queue`, and notes under `audit` and `topic`. Of its acts at
    least `least` percent are looked at again.
    """

    act: str
    title: str
    did: str
    switches: tuple[Capability, ...]
    judges: Capability
    state: str
    queue: Capability
    audit: str
    topic: str
    url: str
    ledger: Ledger
    tally: Callable[[Principal, datetime, str, str, str], Tally]
    least: int = 1

    @property
    def principal(self) -> Principal:
        """Give who stands in the audit and in the events."""
        return Principal.system(self.title)

    def rules_on(self) -> tuple[AutomaticRule, ...]:
        """Give the rules that are on, the smallest areas first."""
        return tuple(rule for rule in _rules_on() if rule.act == self.act)

    def waiting(self, rules: Iterable[AutomaticRule], known: Unsure, **more: Any) -> list[Case]:
        """Give the cases in the queue that a rule speaks of, the oldest first; two statements.

        Those that somebody has claimed, those merged into another and those that `known` has left
        to people are not among them; `more` are further columns that the case must have. 200 at
        most are looked at.
        """
        places = reduce(
            or_,
            (Q(matter_code=one.matter_code, area_code__startswith=one.area_code) for one in rules),
        )
        items = WorkItem.objects.filter(
            places,
            capability=self.queue,
            procedure="case",
            state=self.state,
            closed_at__isnull=True,
            claimed_by__isnull=True,
        )
        stays = items.order_by("opened_at").values_list("instance_id", "id")
        looked_at = known.without(stays)[:BATCH]
        if not looked_at:
            return []
        found = Case.objects.filter(
            pk__in=[one for one, _ in looked_at],
            state=self.state,
            main_case_id__isnull=True,
            **more,
        )
        cases = {case.pk: case for case in found}
        known.note(looked_at, cases)
        return sorted(cases.values(), key=lambda case: case.opened_at)


class Unsure:
    """Which stays in a queue were left to people, under which revisions: only to save work.

    A stay is a work item: when the case comes back to the queue, it is another.
    """

    def __init__(self, *names: str) -> None:
        self._names = (*names, REVISION)
        self._left: dict[int, tuple[object, ...]] = {}
        self._stays: dict[int, int] = {}

    def without(self, stays: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Give those (case, item) to look at: new ones, and all once a revision has risen."""
        stamp = revisions.stamp(self._names)
        return [one for one in stays if self._left.get(one[1]) != stamp]

    def note(self, looked_at: Iterable[tuple[int, int]], found: Collection[int]) -> None:
        """Remember which stay is whose; those of no case that is found are left."""
        self._stays = dict(looked_at)
        for case_id in self._stays.keys() - set(found):
            self.leave(case_id)

    def leave(self, case_id: int) -> None:
        """Leave a case, of those looked at last, until what it was judged by changes."""
        if len(self._left) > _REMEMBERED:
            self._left.clear()
        self._left[self._stays[case_id]] = revisions.stamp(self._names)

    def clear(self) -> None:
        """Look at everything once more."""
        self._left.clear()


def rule_of(rules: Iterable[AutomaticRule], case: Case) -> AutomaticRule | None:
    """Give the rule of the smallest area that holds for a case."""
    return next(
        (
            rule
            for rule in rules
            if (rule.kind, rule.matter_code) == (case.kind, case.matter_code)
            and case.area_code.startswith(rule.area_code)
        ),
        None,
    )


def is_drawn(rule: AutomaticRule, number: str) -> bool:
    """Say whether a case is looked at again: its number and the rule's seed decide, no chance."""
    digest = hashlib.sha256(f"{rule.seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:8]) * 100 < rule.share * 2**64


def line_of(
    rule: AutomaticRule, case: Case, event_id: int, unit_id: int, basis: str, at: datetime
) -> Mapping[str, Any]:
    """Give the columns by which every act of a machine is counted."""
    return {
        "rule": rule,
        "case_id": case.pk,
        "event_id": event_id,
        "kind": case.kind,
        "matter_code": case.matter_code,
        "area_code": case.area_code,
        "unit_id": unit_id,
        "basis": basis[:60],
        "at": at,
        "drawn": is_drawn(rule, case.number),
    }


@revised(REVISION)
def _rules_on() -> tuple[AutomaticRule, ...]:
    rules = AutomaticRule.objects.filter(off_at=None)
    return tuple(sorted(rules, key=lambda rule: (-len(rule.area_code), rule.pk)))

"""The machine dispatches what is certain, within a second or two of its filing, at most once.

The queue itself is the list of what is to do: nothing is remembered that a restart could lose.
Two workers that see the same case both try, and the case's guarded UPDATE lets one of them win.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.guards_dispatch import why_not_automatic
from chengguan.cases.models import Case
from chengguan.core.errors import DomainError
from chengguan.registry.domain.duty import ONE, Resolution, owners_of, resolve
from chengguan.store import revisions
from chengguan.store.cache import revised
from chengguan.workflow.domain import definition_of
from chengguan.workflow.models import WorkItem

from ...models import AutomaticDispatch, AutomaticRule
from .switching import REVISION

VERB: Final = "dispatch_automatically"
MACHINE: Final = Principal.system("自动派遣")
BATCH: Final = 200
_STATE: Final = "awaiting_dispatch"
#: Case → the revisions under which it was left for people; only to save work.
_unsure: dict[int, tuple[object, ...]] = {}
_RULES: Final = ("duties", "organisations", REVISION)

log = logging.getLogger(__name__)


def tick(now: datetime | None = None) -> int:
    """Dispatch what waits and is certain; gives how many. Nothing is asked where nothing is on."""
    rules = rules_on()
    if not rules:
        return 0
    at = now or timezone.now()
    cases = _waiting(rules)
    owners = owners_of(case.component_code for case in cases)
    done = 0
    for case in cases:
        rule = rule_of(rules, case)
        if rule is None:
            continue
        found = resolve(
            case.kind,
            case.matter_code,
            at,
            area_code=case.area_code,
            component_code=case.component_code,
            owners=owners,
        )
        done += _dispatch(case, rule, found, at)
    return done


def sweep(now: datetime | None = None) -> int:
    """Look at everything that waits once more, whatever was found before; for the clock to call."""
    _unsure.clear()
    return tick(now)


@revised(REVISION)
def rules_on() -> tuple[AutomaticRule, ...]:
    """Give the rules that are on, the smallest areas first."""
    rules = AutomaticRule.objects.filter(off_at=None)
    return tuple(sorted(rules, key=lambda rule: (-len(rule.area_code), rule.pk)))


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


def _waiting(rules: Iterable[AutomaticRule]) -> list[Case]:
    """Give the cases in the queue that a rule speaks of, the oldest first; two statements."""
    places = reduce(
        or_,
        (Q(matter_code=rule.matter_code, area_code__startswith=rule.area_code) for rule in rules),
    )
    items = WorkItem.objects.filter(
        places,
        capability="cases.dispatch",
        procedure="case",
        state=_STATE,
        closed_at__isnull=True,
        claimed_by__isnull=True,
    )
    ids = list(items.order_by("opened_at").values_list("instance_id", flat=True))
    stamp = revisions.stamp(_RULES)
    ids = [one for one in ids if _unsure.get(one) != stamp][:BATCH]
    if not ids:
        return []
    found = Case.objects.filter(pk__in=ids, state=_STATE, main_case_id__isnull=True)
    return list(found.order_by("opened_at"))


def _dispatch(case: Case, rule: AutomaticRule, found: Resolution, at: datetime) -> bool:
    row = vars(case)
    has_verb = VERB in definition_of(case.definition_id).verbs
    if not has_verb or found.status != ONE or why_not_automatic(row):
        if len(_unsure) > 10_000:
            _unsure.clear()
        _unsure[case.pk] = revisions.stamp(_RULES)
        return False
    moment = max(at, case.changed_at)
    try:
        # Together: a dispatch without its line could not be counted, nor looked at again.
        with transaction.atomic():
            applied = act(case, VERB, MACHINE, {"unit": found.organisation_id}, moment)
            won = next(line for line in applied.event.data["trace"]["lines"] if line["won"])
            AutomaticDispatch.objects.create(
                rule=rule,
                case_id=case.pk,
                event_id=applied.event.id,
                kind=case.kind,
                matter_code=case.matter_code,
                area_code=case.area_code,
                unit_id=applied.row["unit_id"],
                basis=won["rule"][:60],
                at=moment,
                drawn=is_drawn(rule, case.number),
            )
    except DomainError as error:
        # A person was faster, or it stands otherwise than it was read: the queue is asked again.
        log.info("case %s left by automatic dispatch: %s", case.number, error.code)
        return False
    return True

"""The machine dispatches what is certain, within a second or two of its filing, at most once.

The queue itself is the list of what is to do: nothing is remembered that a restart could lose.
Two workers that see the same case both try, and the case's guarded UPDATE lets one of them win.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.cases.domain.acting import act
from chengguan.cases.guards_dispatch import why_not_automatic
from chengguan.cases.models import Case
from chengguan.core.errors import DomainError
from chengguan.registry.domain.duty import ONE, Resolution, owners_of, resolve
from chengguan.workflow.domain import definition_of

from ...models import Act, AutomaticDispatch, AutomaticRule
from ..accuracy import DISPATCHED
from ..history import tally_of
from .machines import Machine, Unsure, line_of, rule_of

VERB: Final = "dispatch_automatically"
DISPATCHING: Final = Machine(
    act=Act.DISPATCH,
    title="自动派遣",
    did="派遣",
    switches=(Capability.AUTOMATE,),
    judges=Capability.DISPATCH,
    state="awaiting_dispatch",
    queue=Capability.DISPATCH,
    audit="automatic",
    topic="command.automatic_off",
    url="/dispatch/automatic/",
    ledger=DISPATCHED,
    tally=tally_of,
)
_unsure: Final = Unsure("duties", "organisations")

log = logging.getLogger(__name__)


def tick(now: datetime | None = None) -> int:
    """Dispatch what waits and is certain; gives how many. Nothing is asked where nothing is on."""
    rules = DISPATCHING.rules_on()
    if not rules:
        return 0
    at = now or timezone.now()
    cases = DISPATCHING.waiting(rules, _unsure)
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


def _dispatch(case: Case, rule: AutomaticRule, found: Resolution, at: datetime) -> bool:
    has_verb = VERB in definition_of(case.definition_id).verbs
    if not has_verb or found.status != ONE or why_not_automatic(vars(case)):
        _unsure.leave(case.pk)
        return False
    moment = max(at, case.changed_at)
    try:
        # Together: a dispatch without its line could not be counted, nor looked at again.
        with transaction.atomic():
            applied = act(
                case, VERB, DISPATCHING.principal, {"unit": found.organisation_id}, moment
            )
            won = next(line for line in applied.event.data["trace"]["lines"] if line["won"])
            unit: int = applied.row["unit_id"]
            AutomaticDispatch.objects.create(
                **line_of(rule, case, applied.event.id, unit, won["rule"], moment)
            )
    except DomainError as error:
        # A person was faster, or it stands otherwise than it was read: the queue is asked again.
        log.info("case %s left by automatic dispatch: %s", case.number, error.code)
        return False
    return True

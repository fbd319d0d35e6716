"""The machine closes what an independent check has proved, where it is switched on, at most once.

As in dispatch the queue is the list of what is to do, and the case's guarded UPDATE lets one of two
workers win. With a drawn closing goes a decoy: a case that people refused to close.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.cases.proof import VERSION, weigh
from chengguan.cases.stories import Story, stories_of
from chengguan.core.errors import DomainError
from chengguan.workflow.domain import definition_of
from chengguan.workflow.models import Event

from ...dispatch.domain.machines import Machine, Unsure, line_of, rule_of
from ...models import Act, AutomaticClosing, AutomaticRule
from ..history import tally_of
from ..ledger import CLOSED

VERB: Final = "close_automatically"
CLOSING: Final = Machine(
    act=Act.CLOSE,
    title="自动结案",
    did="结案",
    switches=(Capability.AUTOMATE, Capability.CLOSE),
    judges=Capability.CLOSE,
    state="awaiting_close",
    queue=Capability.ACCEPT,
    audit="automatic_closing",
    topic="command.automatic_closing_off",
    url="/closing/",
    ledger=CLOSED,
    tally=tally_of,
    least=5,
)
DECOY: Final = "decoy"
_LATEST: Final = 50
_unsure: Final = Unsure("organisations")

log = logging.getLogger(__name__)


def tick(now: datetime | None = None) -> int:
    """Close what waits and is proved; gives how many. Nothing is asked where nothing is on."""
    rules = CLOSING.rules_on()
    if not rules:
        return 0
    at = now or timezone.now()
    cases = CLOSING.waiting(rules, _unsure, finding="solved")
    done = 0
    for case, story in zip(cases, stories_of([vars(case) for case in cases]), strict=True):
        rule = rule_of(rules, case)
        moment = max(at, case.changed_at)
        has_verb = VERB in definition_of(case.definition_id).verbs
        if rule is None or not has_verb or not weigh(story, moment).passed:
            _unsure.leave(case.pk)
            continue
        done += _close(case, rule, story, moment)
    return done


def sweep(now: datetime | None = None) -> int:
    """Look at everything that waits once more, whatever was found before; for the clock to call."""
    _unsure.clear()
    return tick(now)


def _close(case: Case, rule: AutomaticRule, story: Story, at: datetime) -> bool:
    unit = case.unit_id
    assert unit is not None  # nothing waits for its closing that no unit has handled
    try:
        # Together: a closing without its line could not be counted, nor looked at again.
        with transaction.atomic():
            # The list of rules may be a second old; whoever switched it off has been heard by then.
            if not AutomaticRule.objects.filter(pk=rule.pk, off_at=None).exists():
                return False
            applied = act(case, VERB, CLOSING.principal, {}, at)
            line = AutomaticClosing.objects.create(
                **line_of(rule, case, applied.event.id, unit, VERSION, at),
                people=sorted(story.people()),
            )
            if line.drawn:
                add_decoy(rule)
    except DomainError as error:
        # A person was faster, or it stands otherwise than it was read: the queue is asked again.
        log.info("case %s left by automatic closing: %s", case.number, error.code)
        return False
    return True


def add_decoy(rule: AutomaticRule) -> AutomaticClosing | None:
    """Put one of the latest refusals of the rule's matter among what is looked at again, if any.

    Each refusal once. Three statements, and only with a closing that was drawn.
    """
    found = Case.objects.filter(
        kind=rule.kind,
        matter_code=rule.matter_code,
        area_code__startswith=rule.area_code,
        reworks__gt=0,
    ).order_by("-changed_at")[:_LATEST]
    cases = {case.pk: case for case in found}
    refusals = Event.objects.filter(instance_id__in=cases, verb="refuse_close").order_by("-at")
    used = set(
        AutomaticClosing.objects.filter(case_id__in=cases, decoy=True).values_list(
            "event_id", flat=True
        )
    )
    event = next((one for one in refusals if one.pk not in used), None)
    if event is None:
        return None
    case = cases[event.instance_id]
    (story,) = stories_of([vars(case)])
    line = line_of(rule, case, event.pk, case.unit_id or 0, DECOY, event.at)
    return AutomaticClosing.objects.create(
        **{**line, "drawn": True}, decoy=True, people=sorted(story.people())
    )

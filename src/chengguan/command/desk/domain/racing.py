"""When another was faster: who did what when, said instead of "somebody".

Two acceptors read the same case; the first one's step wins (`seq` guards it). The second is told
"周值班 10:32 已立案，本案现为“待派遣”。", and what he typed is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case
from chengguan.core.errors import Conflict
from chengguan.workflow.domain import available, definition_of
from chengguan.workflow.models import Event


@dataclass(frozen=True, slots=True)
class Raced:
    """What others did since a case was seen; `still` whether the verb may yet be done."""

    case_id: int
    number: str
    sentence: str
    still: bool
    seq: int

    def as_conflict(self) -> Conflict:
        """Give the refusal as every screen says one (409)."""
        mend = "您填写的内容还在，核对后可再次确认。" if self.still else "您填写的内容已存为草稿。"
        return Conflict("desk.raced", self.sentence, mend=mend, number=self.number, seq=self.seq)


def races_of(principal: Principal, seen: Iterable[tuple[Case, int]], verb: str) -> dict[int, Raced]:
    """Say of cases, each with the `seq` it was seen at, what others did since; two statements.

    A case that nothing happened to since is not in the answer.
    """
    pairs = {case.pk: (case.number, seq) for case, seq in seen}
    now = {one.pk: one for one in Case.objects.filter(pk__in=pairs)}
    moved = {key: one for key, one in now.items() if one.seq > pairs[key][1]}
    latest: dict[int, Event] = {}
    for event in Event.objects.filter(instance_id__in=moved).order_by("seq"):
        if event.seq > pairs[event.instance_id][1]:
            # What moved the case says more than what was noted on it meanwhile.
            held = latest.get(event.instance_id)
            if (
                held is None
                or event.from_state != event.to_state
                or held.from_state == held.to_state
            ):
                latest[event.instance_id] = event
    return {key: _raced(principal, moved[key], event, verb) for key, event in latest.items()}


def _raced(principal: Principal, case: Case, event: Event, verb: str) -> Raced:
    definition = definition_of(case.definition_id)
    done = definition.verbs.get(event.verb)
    who = "您" if event.actor_id == principal.user_id else event.actor or "系统"
    state = definition.states[case.state].title
    offered = any(one.verb == verb and one.allowed for one in available(case, principal))
    still = "本案仍可办理。" if offered else f"本案现为“{state}”。"
    title = done.title if done else event.verb
    return Raced(
        case.pk, case.number, f"{who} {_clock(event.at)} 已{title}，{still}", offered, case.seq
    )


def _clock(at: datetime) -> str:
    """Say the time of day, with the day where it was not today."""
    local, today = timezone.localtime(at), timezone.localdate()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"

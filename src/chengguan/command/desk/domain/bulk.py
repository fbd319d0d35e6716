"""One verb on many cases: each its own step and its own result, done, refused or raced.

Each case is a transaction of its own: what can be done is done, and the others say why not. A
dispatch sends each case to the unit that the duties name for it, unless one unit is chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.cases.queries import cases_visible_to
from chengguan.core.errors import Conflict, DomainError, Invalid
from chengguan.registry.domain.duty import ONE, resolve
from chengguan.workflow.domain import Offer, available, definition_of

from .racing import races_of

MOST: Final = 200
#: Beside what the definition marks: one handler for many tasks, and one rule for many alike.
ALSO: Final = frozenset({"assign", "file", "rework", "request_check"})
DONE, REFUSED, RACED = "done", "refused", "raced"

Seen = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Choice:
    """A verb that may be taken on some of the chosen cases, and on how many of them."""

    verb: str
    title: str
    count: int
    primary: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case: `outcome` done, refused or raced, and the sentence."""

    number: str
    outcome: str
    sentence: str


def choices(principal: Principal, numbers: Sequence[str]) -> list[Choice]:
    """Give the verbs for many that the chosen cases allow, those for most of them first."""
    counted: Counter[str] = Counter()
    offers: dict[str, Offer] = {}
    for case in chosen(principal, numbers):
        for offer in available(case, principal):
            if offer.allowed and (offer.bulk or offer.verb in ALSO):
                counted[offer.verb] += 1
                offers[offer.verb] = offer
    order = sorted(counted, key=lambda verb: (-counted[verb], not offers[verb].primary))
    return [Choice(v, offers[v].title, counted[v], offers[v].primary) for v in order]


def chosen(principal: Principal, numbers: Sequence[str]) -> list[Case]:
    """Give the cases of these numbers that the person may see, in this order; one statement.

    Raises:
        Invalid: more than two hundred at once.
    """
    if len(numbers) > MOST:
        raise Invalid(
            "desk.bulk", f"一次最多办理 {MOST} 件，已选 {len(numbers)} 件。", mend="请分批办理。"
        )
    found = {one.number: one for one in cases_visible_to(principal).filter(number__in=numbers)}
    return [found[number] for number in dict.fromkeys(numbers) if number in found]


def act_on_many(
    principal: Principal, verb: str, seen: Sequence[Seen], data: Mapping[str, Any]
) -> list[Result]:
    """Apply `verb` to each case as it was seen, in this order; one result for each number.

    Raises:
        Invalid: more than two hundred at once, or not a verb for many.
    """
    numbers = [number for number, _ in seen]
    cases = {one.number: one for one in chosen(principal, numbers)}
    results: dict[str, Result] = {}
    lost: list[tuple[Case, int, DomainError]] = []
    for number, seq in dict(seen).items():
        case = cases.get(number)
        if case is None:
            results[number] = Result(number, REFUSED, "没有找到，或不在您的管辖范围内。")
            continue
        _check(case, verb)
        try:
            _one(principal, case, verb, data, seq)
        except Conflict as conflict:
            lost.append((case, seq if seq is not None else case.seq, conflict))
        except DomainError as refusal:
            results[number] = Result(number, REFUSED, str(refusal))
        else:
            results[number] = Result(number, DONE, "")
    races = races_of(principal, [(case, seq) for case, seq, _ in lost], verb) if lost else {}
    for case, _, error in lost:
        raced = races.get(case.pk)
        said = Result(case.number, RACED, raced.sentence) if raced else None
        results[case.number] = said or Result(case.number, REFUSED, str(error))
    return [results[number] for number in dict.fromkeys(numbers)]


def _check(case: Case, verb: str) -> None:
    spec = definition_of(case.definition_id).verbs.get(verb)
    if spec is None or spec.hidden or not (spec.bulk or verb in ALSO):
        raise Invalid("desk.bulk_verb", "这个动作不能批量办理。", mend="请逐件办理。")


def _one(
    principal: Principal, case: Case, verb: str, data: Mapping[str, Any], seq: int | None
) -> None:
    if seq is not None:
        case.seq = seq
    form = dict(data)
    if verb == "dispatch" and not form.get("unit"):
        form["unit"] = _unit_of(case)
    act(case, verb, principal, form)


def _unit_of(case: Case) -> int:
    """Give the unit that the duties name; a gap or a conflict is nobody's to pass over in bulk."""
    if case.unit_id is not None:
        # A case that comes back keeps its unit until somebody chooses another.
        return case.unit_id
    found = resolve(
        case.kind,
        case.matter_code,
        timezone.now(),
        area_code=case.area_code,
        component_code=case.component_code,
    )
    if found.status != ONE or found.organisation_id is None:
        raise Invalid("desk.no_unit", f"{found.reason}。", mend="请打开案件，选择单位并说明理由。")
    return found.organisation_id

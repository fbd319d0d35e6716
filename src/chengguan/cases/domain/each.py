"""One verb on several cases: each in its own transaction, each with its own result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import DomainError, Invalid
from chengguan.workflow.domain import definition_of

from ..models import Case
from ..queries import cases_visible_to
from .acting import act

#: What one press may do: more can't have been looked at.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case as it was shown: `seq` is the number of its last step then."""

    case_id: int
    seq: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case: done, or the sentence why not."""

    case_id: int
    number: str
    done: bool
    said: str


def act_on_each(
    principal: Principal, chosen: Iterable[Chosen], verb: str, data: Mapping[str, Any]
) -> list[Result]:
    """Apply a verb to each case in turn; one that refuses doesn't hold up the others.

    Raises:
        Invalid: none is chosen, or more than two hundred.
    """
    every = {one.case_id: one for one in chosen}
    if not every:
        raise Invalid("cases.none", "没有选中案件。", mend="请先勾选案件。", field="chosen")
    if len(every) > MOST:
        raise Invalid(
            "cases.many", f"一次至多办理 {MOST} 件。", mend="请分次办理。", field="chosen"
        )
    seen = {one.pk: one for one in cases_visible_to(principal).filter(pk__in=list(every))}
    return [_act(principal, seen.get(key), one, verb, data) for key, one in every.items()]


def _act(
    principal: Principal, case: Case | None, chosen: Chosen, verb: str, data: Mapping[str, Any]
) -> Result:
    if case is None:
        return Result(chosen.case_id, "", False, "没有找到这个案件，它也可能不在您的管辖范围内。")
    # The person decided on what was shown; what has happened since he hasn't seen.
    case.seq = chosen.seq
    try:
        act(case, verb, principal, data)
    except DomainError as error:
        return Result(case.pk, case.number, False, str(error))
    title = definition_of(case.definition_id).verbs[verb].title
    return Result(case.pk, case.number, True, f"已{title}")

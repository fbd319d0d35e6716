"""A call: one press reports it and files it, or joins it to the case that is already there.

Never half: what was said is kept before anything else is tried, and a refused filing or merging
leaves the report with its case, to be gone on with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import DomainError, NotFound

from ..models import Case
from ..queries import cases_visible_to
from .acting import act
from .intake import NewReport, Taken, take_in
from .proposing import propose

#: Under this name `Report.raw` keeps what was proposed for the words; see `queries_proposing`.
PROPOSED: Final = "_proposed"
CLIENT: Final = "call:"


@dataclass(frozen=True, slots=True)
class Call:
    """What became of a call: `verb` is what followed the report ("" for nothing).

    `refused` says why it did not follow; the report stays all the same.
    """

    taken: Taken
    verb: str = ""
    refused: DomainError | None = None


def take_call(
    principal: Principal,
    new: NewReport,
    *,
    file: Mapping[str, Any] | None = None,
    same_as: str = "",
    at: datetime | None = None,
) -> Call:
    """Take a caller's report in, then file its case with `file`, or merge it into `same_as`.

    The same key again gives the same case, and what followed before is not tried again.

    Raises:
        NotAllowed, ReportInvalid, OutsideCity, NumbersExhausted: nothing was taken in.
    """
    moment = at or timezone.now()
    main = _main(principal, same_as) if same_as else None
    taken = take_in(
        replace(new, raw={**new.raw, PROPOSED: _proposed(principal, new, moment)}), principal, at
    )
    verb = "merge" if main else "file" if file is not None else ""
    case = Case.objects.get(pk=taken.case_id)
    if not verb or case.state != "reported" or case.main_case_id is not None:
        return Call(taken, verb)
    data = {"main": main.pk} if main else file
    try:
        act(case, verb, principal, data, at)
    except DomainError as error:
        return Call(taken, verb, error)
    return Call(taken, verb)


def _main(principal: Principal, number: str) -> Case:
    found = cases_visible_to(principal).filter(number=number).first()
    if found is None:
        raise NotFound(
            "cases.case", f"没有找到案件 {number[:19]}。", mend="请重新选择是不是同一件事。", field="same_as"
        )  # fmt: skip
    return found if found.main_case_id is None else Case.objects.get(pk=found.main_case_id)


def _proposed(principal: Principal, new: NewReport, at: datetime) -> list[list[str]]:
    """Give the matters proposed for the final words, best first: what was chosen can be held to it."""
    found = propose(principal, text=new.text, address=new.address, at=at, count=False)
    return [[one.kind, one.code] for one in found.matters]

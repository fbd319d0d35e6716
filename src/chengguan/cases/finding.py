"""One case by its number, for pages and API: not found and not yours are the same answer."""

from __future__ import annotations

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import NotFound
from chengguan.store.reading import first

from .models import Case
from .queries import sees


def find_case(principal: Principal, number: str) -> Case:
    """Give a case that the principal may see; asking for one out of scope is audited.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    found = first(Case, "number", number)
    if found is not None and sees(principal, found):
        return found
    if found is not None:
        record(
            "case.see",
            actor=principal.actor(),
            subject_type="case",
            subject_id=found.pk,
            result=Result.REFUSED,
            detail={"number": number},
        )
    raise NotFound(
        "cases.case",
        f"没有找到案件 {number}。",
        mend="请核对案件编号；它也可能不在您的管辖范围内。",
    )

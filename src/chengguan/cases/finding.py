"""One case by its number, for pages and API: not found and not yours are the same answer."""

from __future__ import annotations

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import NotFound

from .models import Case
from .queries import cases_visible_to


def find_case(principal: Principal, number: str) -> Case:
    """Give a case that the principal may see; asking for one out of scope is audited.

    Raises:
        NotFound: there is none, or it is not his to see.
    """
    found = cases_visible_to(principal).filter(number=number).first()
    if found is not None:
        return found
    hidden = Case.objects.filter(number=number).values_list("pk", flat=True).first()
    if hidden is not None:
        record(
            "case.see",
            actor=principal.actor(),
            subject_type="case",
            subject_id=hidden,
            result=Result.REFUSED,
            detail={"number": number},
        )
    raise NotFound(
        "cases.case",
        f"没有找到案件 {number}。",
        mend="请核对案件编号；它也可能不在您的管辖范围内。",
    )

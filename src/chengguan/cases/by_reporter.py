"""Asking for one person's reports: where they lie tells who he is, as his name would.

Serves 个人信息保护法 art. 6 (no more than the purpose needs).
"""

from __future__ import annotations

from django.db.models import Q

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import NotAllowed

from .filters import CaseFilter


def may_know(principal: Principal, wanted: CaseFilter) -> Q:
    """Give the cases whose reporter may be asked for; all when nobody or oneself is asked for.

    Raises:
        NotAllowed: another is asked for by who may know reporters nowhere in the area asked for;
            the refusal is in the audit.
    """
    asked = wanted.reporter
    if asked is None or asked == principal.user_id or principal.is_system:
        return Q()
    if not any(
        held.area_code.startswith(wanted.area) or wanted.area.startswith(held.area_code)
        for held in principal.holding(Capability.SEE_PERSONAL)
    ):
        _refuse(principal, asked)
    return scope_q(
        principal, Capability.SEE_PERSONAL, organisation_path="unit_path", matter="matter_code"
    )


def _refuse(principal: Principal, asked: int) -> None:
    record(
        "case.by_reporter",
        actor=principal.actor(),
        subject_type="accounts.user",
        subject_id=asked,
        result=Result.REFUSED,
    )
    raise NotAllowed(
        "cases.by_reporter",
        "您的岗位不能查询某一个人上报了哪些案件。",
        mend="可以查询自己上报的；查询他人须有当地的“查看举报人信息”权限，请联系安全管理员授权。",
        field="reporter",
    )

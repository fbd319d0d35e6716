"""What the clock does with deployments: orders at the beginning, the end at its time, what has lapsed.

An end is one transaction; what is left to take back on cases comes after it, case by case, and a row
that still has some is found again by the next look, so that a worker that dies loses nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal
from chengguan.cases.crossing import end_of_deployment
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.core.errors import DomainError
from chengguan.store import revisions

from ...enums import DeploymentState, OrderKind
from ...models import Deployment, Receipt
from ...orders.domain.changing import withdraw
from ...orders.domain.issuing import issue
from ...orders.domain.lending import REVISION
from .asking import note, tell_people

log = logging.getLogger(__name__)

MACHINE: Final = Principal.system("跨镇域调配")
_OVER: Final = "跨镇域调配已到期"
_NEVER: Final = "已到期，期间系统未运行，命令没有下达"


def run_due(at: datetime | None = None) -> int:
    """Begin, end and settle what has come due; give how many. One's fault holds no other up."""
    now = at or timezone.now()
    begins = Q(approved_at__isnull=False, begun_at=None, ended_at=None, begins_at__lte=now)
    over = Q(ended_at=None, ends_at__lte=now) | Q(ended_at__isnull=False)
    rows = Deployment.objects.filter(begins | over, settled_at=None, refused_at=None)
    done, fault = 0, None
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        try:
            done += _look(pk, now)
        except Exception as error:
            log.exception("deployment %s", pk)
            fault = fault or error
    if fault is not None:
        raise fault
    return done


def begin(one: Deployment, now: datetime) -> None:
    """Give the order in the name of who asked, whose right to is asked now; the caller holds the lock."""
    loaded = loading.by_id(one.asked_id, fresh=True) if one.asked_id else None
    asker = loaded.principal if loaded else Principal.nobody()
    try:
        issue(
            asker,
            title=one.title,
            text=one.text,
            units=one.units,
            due_at=one.ends_at,
            kind=OrderKind.JOINT,
            place=one.place,
            area_code=one.town,
            case_number=one.case_number,
            subject=one.subject,
            at=now,
        )
    except DomainError as error:
        end(one, MACHINE, f"命令未能下达：{error.message}", now)
        return
    one.begun_at = now
    one.save(update_fields=["begun_at"])
    note("deployment.begin", MACHINE, one, now)


def end(one: Deployment, principal: Principal, reason: str, now: datetime) -> None:
    """End it and take its open orders back; the caller holds the lock."""
    state = one.state(now)
    one.ended_at, one.ended_by, one.ended_reason = now, principal.name, reason[:300]
    one.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    revisions.bump(REVISION)
    still = Receipt.objects.filter(
        order__subject=one.subject, done_at=None, refused_at=None, withdrawn_at=None
    )
    for number in list(still.values_list("order_id", flat=True).distinct()):
        withdraw(MACHINE, number, f"跨镇域调配结束：{reason}"[:200], at=now)
    note("deployment.end", principal, one, now, reason=reason, was=state.value)
    lapsed = state in (DeploymentState.PENDING, DeploymentState.LAPSED)
    people = [one.asked_id] if one.asked_id else []
    title = "跨镇域调配申请终结" if lapsed else "跨镇域调配已结束"
    tell_people(one, people, title, reason)


def settle(deployment_id: int, now: datetime) -> bool:
    """Take an ended deployment's units off the open cases where their part is not done."""
    one = Deployment.objects.filter(pk=deployment_id, settled_at=None).first()
    if one is None or one.ended_at is None:
        return False
    if one.approved_at is not None:
        crossed = end_of_deployment(one.pk, one.ended_at)
        ids = {each.case_id for each in crossed}
        cases = {case.pk: case for case in Case.objects.filter(pk__in=ids, closed_at=None)}
        for case_id, unit_id in dict.fromkeys((each.case_id, each.unit_id) for each in crossed):
            case = cases.get(case_id)
            if case is not None and unit_id in case.assisting and unit_id not in case.assisted:
                _release(case, unit_id, one, now)
    Deployment.objects.filter(pk=one.pk, settled_at=None).update(settled_at=now)
    return True


def _look(pk: int, now: datetime) -> int:
    with transaction.atomic():
        one = (
            Deployment.objects.select_for_update(skip_locked=True)
            .filter(pk=pk, settled_at=None, refused_at=None)
            .first()
        )
        if one is None:
            return 0
        if one.ended_at is None and one.ends_at <= now:
            reason = _NEVER if one.begun_at is None else _OVER
            if one.approved_at is None:
                reason = "到结束时间仍未审批"
            end(one, MACHINE, reason, now)
        elif one.ended_at is None and one.approved_at and one.begun_at is None:
            begin(one, now)
    settle(pk, now)
    return 1


def _release(case: Case, unit_id: int, one: Deployment, now: datetime) -> None:
    data = {"unit": unit_id, "reason": f"跨镇域调配结束：{one.ended_reason}"[:500]}
    try:
        act(case.pk, "release_assist", MACHINE, data, now)
    except DomainError as error:
        # From where the case stands now nobody is taken off it; who asked sees to it.
        people = [one.asked_id] if one.asked_id else []
        tell_people(one, people, f"案件 {case.number} 的协办未能撤销", str(error))

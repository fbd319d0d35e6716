"""The county's word on a deployment, and its end before its time: each once, under the row's lock."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.domain.towns import town_name
from chengguan.store import revisions

from ...enums import DeploymentState
from ...models import Deployment
from ...orders.domain.lending import REVISION, towns_of
from ...orders.domain.reach import commands, grants_today
from .. import errors
from .asking import note, tell_people
from .running import begin, end, settle

_OPEN = {DeploymentState.PENDING, DeploymentState.APPROVED, DeploymentState.ACTIVE}


def may_decide(principal: Principal, one: Deployment) -> bool:
    """Say whether one decides: commands the whole county, with 领导审批, and did not ask himself."""
    return (
        commands(principal, one.district)
        and principal.can(Capability.LEAD, area_code=one.district)
        and (principal.user_id is None or principal.user_id != one.asked_id)
    )


def may_end(principal: Principal, one: Deployment) -> bool:
    """Say whether one may take it back or end it: who asked and still orders there, who commands
    that town.

    What it has approved the county may end; what it is asked it answers.
    """
    there = one.town in towns_of(principal)
    if one.approved_at is None:
        return there
    asked = principal.user_id is not None and principal.user_id == one.asked_id
    return (asked and there) or commands(principal, one.town)


@transaction.atomic
def decide(
    principal: Principal,
    deployment_id: int,
    *,
    approve: bool,
    words: str,
    at: datetime | None = None,
) -> Deployment:
    """Approve a deployment, or refuse it with a reason. Orders go out when it begins.

    Raises:
        NotAllowed: not the county's commander, or his own. Conflict: no longer pending.
        Invalid: refused without a reason.
    """
    now = at or timezone.now()
    one = _locked(deployment_id)
    if not may_decide(principal, one):
        raise errors.may_not("审批这项跨镇域调配", "县（区）的值班指挥长或领导")
    if one.state(now) != DeploymentState.PENDING:
        raise errors.stands(one.state(now).label)
    words = words.strip()
    if (not approve and not words) or len(words) > 500:
        raise errors.wrong("words", "不批准须写明理由，不超过 500 字。", "申请人会看到。")
    one.decided_id, one.decided_by, one.decision = principal.user_id, principal.name, words
    if approve:
        one.approved_at = now
    else:
        one.refused_at = now
    one.save()
    note("deployment.approve" if approve else "deployment.refuse", principal, one, now, words=words)
    asker = [one.asked_id] if one.asked_id else []
    tell_people(one, asker, "跨镇域调配已批准" if approve else "跨镇域调配未批准", words)
    if approve:
        revisions.bump(REVISION)
        until = timezone.localtime(one.ends_at)
        said = f"{town_name(one.town)}调用 {one.names} 至 {until:%m-%d %H:%M}"
        tell_people(one, commanders_of(one.lenders), "本镇力量被调用", said)
        if one.begins_at <= now:
            begin(one, now)
    return one


def finish(
    principal: Principal, deployment_id: int, reason: str, *, at: datetime | None = None
) -> Deployment:
    """Take a request back, or end what was approved before its time, with a reason.

    Raises:
        NotAllowed: neither the town that asked nor the county. Conflict: over already.
        Invalid: no reason.
    """
    now = at or timezone.now()
    reason = reason.strip()
    if not reason or len(reason) > 200:
        raise errors.wrong("reason", "请写明原因，不超过 200 字。", "例如：任务已提前完成。")
    with transaction.atomic():
        one = _locked(deployment_id)
        if not may_end(principal, one):
            raise errors.may_not("撤回或结束这项跨镇域调配", "申请的街镇或县（区）指挥人员")
        if one.state(now) not in _OPEN:
            raise errors.stands(one.state(now).label)
        end(one, principal, reason, now)
    settle(one.pk, now)
    one.refresh_from_db()
    return one


def commanders_of(towns: list[str]) -> list[int]:
    """Give the ids of who commands one of these towns and no more than it."""
    rows = grants_today(Capability.ORDER).filter(post__by_unit=False)
    held = rows.order_by("user_id").values_list("user_id", "area_code", "organisation__area_code")
    return [user_id for user_id, area, own in held if (area or own) in towns]


def _locked(deployment_id: int) -> Deployment:
    found = Deployment.objects.select_for_update().filter(pk=deployment_id).first()
    if found is None:
        raise errors.unknown()
    return found

"""Claiming a work item out of a pool, so that two people don't open the same one.

A claim is a courtesy on the item, not a step of the instance: it has no event, and whoever may
act still may.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.core.errors import NotAllowed, NotFound

from ..errors import Overtaken
from ..models import WorkItem


def claim(item_id: int, principal: Principal) -> WorkItem:
    """Claim an open item; claiming one's own again changes nothing.

    Raises:
        NotFound: there is no such open item.
        NotAllowed: the principal may not act on it.
        Overtaken: somebody else has claimed it.
    """
    item = WorkItem.objects.filter(pk=item_id, closed_at=None).first()
    if item is None:
        raise NotFound("workflow.item", "没有这项待办，或已办理。")
    allowed = principal.can(
        item.capability,
        area_code=item.area_code,
        organisation_path=item.organisation_path or None,
        matter_code=item.matter_code or None,
    )
    if principal.user_id is None or not allowed:
        raise NotAllowed("workflow.item", "您的岗位不能认领这项待办。")
    free = Q(claimed_by=None) | Q(claimed_by=principal.user_id)
    won = WorkItem.objects.filter(free, pk=item_id, closed_at=None).update(
        claimed_by=principal.user_id, claimed_at=timezone.now()
    )
    if not won:
        raise Overtaken
    record(
        f"{item.procedure}.claim",
        actor=principal.actor(item.capability),
        subject_type=item.procedure,
        subject_id=item.instance_id,
        detail={"item": item_id, "state": item.state},
    )
    item.refresh_from_db()
    return item


def release(item_id: int, principal: Principal) -> bool:
    """Give back one's own claim; return whether there was one."""
    mine = WorkItem.objects.filter(pk=item_id, closed_at=None, claimed_by=principal.user_id)
    return principal.user_id is not None and mine.update(claimed_by=None, claimed_at=None) == 1

"""Rulings: written down once, followed by dispatch, and revoked with a reason; never rewritten."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.store import revisions

from ..errors import conflict, invalid, unknown_code
from ..models import Precedent
from .rights import require

_LONGEST_REASON: Final = 500


def add_precedent(
    principal: Principal,
    *,
    matter_code: str,
    area_code: str,
    organisation_id: int,
    reason: str,
    kind: str = "",
    case_number: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Precedent:
    """Write down an arbitration; dispatch follows it from then on.

    Raises:
        NotAllowed: no right over the area.
        Invalid: no reason is given.
    """
    require(principal, Capability.EDIT_DUTIES, "precedents.add", area_code=area_code)
    if not reason.strip():
        raise invalid("reason", "裁定必须写明理由。", "请填写裁定理由。", field="reason")
    with transaction.atomic():
        ruling = Precedent.objects.create(
            kind=kind,
            matter_code=matter_code,
            area_code=area_code,
            organisation_id=organisation_id,
            reason=reason,
            case_number=case_number,
            ruled_by=principal.name[:40],
            ruled_at=timezone.now(),
            valid_from=valid_from or timezone.localdate(),
            valid_to=valid_to,
        )
        record(
            "precedents.add",
            actor=principal.actor(Capability.EDIT_DUTIES),
            subject_type="registry.precedent",
            subject_id=ruling.pk,
            detail={"matter": matter_code, "area": area_code, "organisation": organisation_id},
        )
        revisions.bump("duties")
    return ruling


def revoke_precedent(
    precedent_id: int, principal: Principal, *, reason: str, at: datetime | None = None
) -> Precedent:
    """End a ruling from this instant on; what was dispatched by it before stays as it is.

    Raises:
        NotFound: there is no such ruling.
        NotAllowed: no right to rule over its area.
        Invalid: no reason is given, or one of more than 500 characters.
        Conflict: it was revoked before.
    """
    ruling = Precedent.objects.filter(pk=precedent_id).first()
    if ruling is None:
        raise unknown_code("裁定先例", str(precedent_id))
    require(principal, Capability.LEAD, "precedents.revoke", area_code=ruling.area_code)
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise invalid(
            "reason", "撤销先例须写明理由（500 字以内）。", "请填写理由。", field="reason"
        )
    moment = at or timezone.now()
    with transaction.atomic():
        won = Precedent.objects.filter(pk=precedent_id, revoked_at=None).update(
            revoked_at=moment, revoked_by=principal.name[:40], revoke_reason=reason.strip()
        )
        if not won:
            raise conflict("revoked", "该先例已经撤销。", "请刷新页面。")
        record(
            "precedents.revoke",
            actor=principal.actor(Capability.LEAD),
            subject_type="registry.precedent",
            subject_id=precedent_id,
            detail={"reason": reason.strip(), "case": ruling.case_number},
        )
        revisions.bump("duties")
    ruling.refresh_from_db()
    return ruling

"""Who keeps a roster, and what every change of it leaves behind: an audit entry and a revision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation, User
from chengguan.audit.domain.record import record
from chengguan.command.models.roster import Assignment
from chengguan.store import revisions

from ..errors import not_his_people, not_keeper
from ..queries import kept_q
from .reading import REVISION

#: Why a row was ended; what a rule made and a person changed is not made again by the rule.
BY_RULE = "规则重排"
BY_SWAP = "换班"
BY_HAND = "更正"


def keeps(principal: Principal, organisation: Organisation, area_code: str | None = None) -> bool:
    """Say whether a person keeps that unit's roster, in that area; None is not asked about.

    A duty without an area ("") is one for everywhere: it is kept by who keeps everywhere.
    """
    if principal.is_system:
        return True
    return any(
        organisation.path.startswith(held.organisation_path)
        and (area_code is None or area_code.startswith(held.area_code))
        for held in principal.holding(Capability.ROSTER)
    )


def require(principal: Principal, organisation: Organisation, area_code: str | None = None) -> None:
    """Refuse who doesn't keep that unit's roster.

    Raises:
        NotAllowed: another keeps it.
    """
    if not keeps(principal, organisation, area_code):
        raise not_keeper(organisation.name)


def require_people(principal: Principal, user_ids: Iterable[int]) -> None:
    """Refuse to plan for people of units whose roster another keeps; one statement.

    They are not named: a number that somebody guessed must not tell a name.

    Raises:
        NotAllowed: one of them, at least, is another's.
    """
    wanted = set(user_ids)
    if not wanted or principal.is_system:
        return
    kept = kept_q(principal, "organisation__path", None)
    if User.objects.filter(kept, pk__in=wanted).count() < len(wanted):
        raise not_his_people()


def note(action: str, principal: Principal, subject: str, key: Any, **detail: Any) -> None:
    """Write the audit entry of a change, and let every process read the roster anew."""
    record(
        f"roster.{action}",
        actor=principal.actor(Capability.ROSTER)
        if principal.can(Capability.ROSTER)
        else principal.actor(),
        subject_type=f"command.{subject}",
        subject_id=str(key),
        detail=detail,
    )
    revisions.bump(REVISION)


def end(ids: list[int], principal: Principal, why: str) -> int:
    """End current rows; they stay as what was planned until now."""
    return Assignment.objects.filter(pk__in=ids, ended_at__isnull=True).update(
        ended_at=timezone.now(), ended_by=principal.name[:40], ended_why=why[:100]
    )

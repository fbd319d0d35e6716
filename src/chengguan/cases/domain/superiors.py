"""Who hears of an oversight order that nobody answered, one rank more at each level; and who
manages a unit that is asked to assist.

At every level the unit's own managers and who oversees in the case's area; at the highest one
its leaders too. Scope is asked of each person's posts, as it is when they act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain import loading
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant
from chengguan.registry.domain.duty_index import units

#: How long each rank has before an unanswered order climbs one level more.
ESCALATE_AFTER: Final = timedelta(hours=24)
HIGHEST_LEVEL: Final = 3


def superiors(row: Mapping[str, Any], level: int) -> list[int]:
    """Give the ids of the people to tell when the case's order reaches `level` (2 or 3)."""
    asked = [Capability.HANDLE_UNIT, Capability.OVERSEE]
    if level >= HIGHEST_LEVEL:
        asked.append(Capability.LEAD)
    return [person for person in _holders(asked) if _reaches(person, asked, row)]


def managers_of(unit_ids: Sequence[int], row: Mapping[str, Any]) -> list[int]:
    """Give the people who manage these units themselves, in the case's area and matter."""
    known = units()
    paths = [known[one].path for one in unit_ids if one in known]
    return [
        person
        for person in _holders([Capability.HANDLE_UNIT])
        if any(_manages(person, path, row) for path in paths)
    ]


def _manages(person: int, path: str, row: Mapping[str, Any]) -> bool:
    found = loading.by_id(person)
    # His own unit's, not whoever stands above: the department's chief is told by his own people.
    return found is not None and any(
        held.by_unit
        and held.organisation_path == path
        and held.covers(row["area_code"], None, row["matter_code"] or None)
        for held in found.principal.holding(Capability.HANDLE_UNIT)
    )


def _holders(capabilities: list[Capability]) -> list[int]:
    today = timezone.localdate()
    grants = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        valid_from__lte=today,
        post__capabilities__overlap=list(capabilities),
        user__is_active=True,
        user__is_system=False,
    )
    return list(grants.order_by("user_id").values_list("user_id", flat=True).distinct())


def _reaches(person: int, capabilities: list[Capability], row: Mapping[str, Any]) -> bool:
    found = loading.by_id(person)
    return found is not None and any(
        found.principal.can(
            one,
            area_code=row["area_code"],
            # Only the unit's own managers: elsewhere the post says nothing of this case.
            organisation_path=row["unit_path"] if one == Capability.HANDLE_UNIT else None,
            matter_code=row["matter_code"] or None,
        )
        for one in capabilities
    )

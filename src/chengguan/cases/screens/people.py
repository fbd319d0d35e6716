"""Who can be chosen for a task: people whose posts allow it, at this unit or in this area."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant

from ..models import Case

_SHOWN = 200


def handlers_for(case: Case) -> list[tuple[str, str]]:
    """Return the unit's people who may handle, as choices."""
    grants = _grants(Capability.HANDLE).filter(organisation__path__startswith=case.unit_path or "-")
    return _choices(grants)


def collectors_for(case: Case) -> list[tuple[str, str]]:
    """Return the collectors of the case's area, without whoever reported it, nearest area first."""
    code = case.area_code
    covering = [code[:length] for length in (2, 4, 6, 9, 12, 15) if length <= len(code)]
    own = Q(area_code="") & (
        Q(organisation__area_code="") | Q(organisation__area_code__in=covering)
    )
    grants = _grants(Capability.VERIFY).filter(Q(area_code__in=covering) | own)
    if case.reporter_id is not None:
        grants = grants.exclude(user_id=case.reporter_id)
    return _choices(grants)


def _grants(capability: str) -> QuerySet[Grant]:
    today = timezone.localdate()
    return Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        valid_from__lte=today,
        post__capabilities__contains=[capability],
        user__is_active=True,
        user__is_system=False,
    )


def _choices(grants: QuerySet[Grant]) -> list[tuple[str, str]]:
    rows = (
        grants.annotate(exact=Length("area_code"))
        .order_by("-exact", "user__name", "user_id")
        .values_list("user_id", "user__name", "user__organisation__name")
    )
    found: dict[str, str] = {}
    for user_id, name, organisation in rows[:_SHOWN]:
        found.setdefault(str(user_id), f"{name}（{organisation}）")
    return list(found.items())

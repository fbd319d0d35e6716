"""Who can be chosen for a task: people whose posts allow it, at this unit or in this area.

Where a duty roster is kept, those on duty come first, and who is away is replaced by his stand-in
(AB 角); the others can still be chosen, for at night there may be nobody else.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant

from ..domain.absent import until_text
from ..models import Case
from ..staffing import away, on_duty_near, stand_in

_SHOWN = 200


def handlers_for(case: Case) -> list[tuple[str, str]]:
    """Return the unit's people who may handle, as choices."""
    grants = _grants(Capability.HANDLE).filter(organisation__path__startswith=case.unit_path or "-")
    return _choices(grants, case.area_code)


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
    return _choices(grants, code)


def _grants(capability: str) -> QuerySet[Grant]:
    today = timezone.localdate()
    return Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        valid_from__lte=today,
        post__capabilities__contains=[capability],
        user__is_active=True,
        user__is_system=False,
    )


def _choices(grants: QuerySet[Grant], area_code: str) -> list[tuple[str, str]]:
    rows = (
        grants.annotate(exact=Length("area_code"))
        .order_by("-exact", "user__name", "user_id")
        .values_list("user_id", "user__name", "user__organisation__name")
    )
    found: dict[int, str] = {}
    people: dict[int, str] = {}
    for user_id, name, organisation in rows[:_SHOWN]:
        found.setdefault(user_id, f"{name}（{organisation}）")
        people[user_id] = name
    return _by_duty(found, people, area_code)


def _by_duty(
    found: dict[int, str], people: dict[int, str], area_code: str
) -> list[tuple[str, str]]:
    now = timezone.now()
    there = on_duty_near(now, area_code)
    if there is None:
        return [
            (str(user_id), _with_absence(user_id, title, now)) for user_id, title in found.items()
        ]
    on: list[tuple[str, str]] = []
    off: list[tuple[str, str]] = []
    for_whom: dict[int, str] = {}
    for user_id in found:
        other = stand_in(user_id, now)
        if other in found:
            for_whom[other] = people[user_id]
    for user_id, title in found.items():
        if stand_in(user_id, now) in found:
            continue
        instead = f"，代{for_whom[user_id]}" if user_id in for_whom else ""
        if user_id in there:
            on.append((str(user_id), f"{title} 在岗 {there[user_id]}{instead}"))
        else:
            off.append((str(user_id), _with_absence(user_id, f"{title} 不在班{instead}", now)))
    return on + off


def _with_absence(user_id: int, title: str, now: datetime) -> str:
    missing = away(user_id, now)
    if missing is None:
        return title
    instead = f"，由 {missing.stand_in_name} 代班" if missing.stand_in_name else ""
    return f"{title} {until_text(missing.until)}{instead}"

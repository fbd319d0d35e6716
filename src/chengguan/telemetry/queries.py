"""Where vehicles are, for a person: those whose position lies in the areas he sees the registry of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.enums import VehicleState
from chengguan.registry.queries import areas_seen_by

from .models import Latest

#: A vehicle that said nothing for longer than this is shown as not up to date.
STALE: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Age:
    """How old a position is, in words, and whether it is too old to say where the vehicle is."""

    words: str
    stale: bool


def latest_visible_to(principal: Principal) -> QuerySet[Latest]:
    """Newest positions of vehicles in use, by the area of the position; a stranger sees none."""
    scope = Q(pk__in=[])
    for code in areas_seen_by(principal):
        scope |= Q(area_code__startswith=code)
    today = timezone.localdate()
    return (
        Latest.objects.filter(
            scope,
            Q(vehicle__valid_to=None) | Q(vehicle__valid_to__gte=today),
            vehicle__state=VehicleState.IN_USE,
        )
        .select_related("vehicle")
        .order_by("vehicle__code")
    )


def age_of(at: datetime, now: datetime) -> Age:
    """Say how old a position is."""
    passed = max(now - at, timedelta())
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        words = "刚刚"
    elif minutes < 60:
        words = f"{minutes} 分钟前"
    elif minutes < 48 * 60:
        words = f"{minutes // 60} 小时前"
    else:
        words = f"{minutes // (24 * 60)} 天前"
    stale = passed > STALE
    return Age(f"未更新（{words}）" if stale else words, stale)

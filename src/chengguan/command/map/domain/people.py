"""People on duty on the map: where their last work event of today was, by unit grid, no nearer.

Nobody is located: a place is where a case lies that somebody reported, verified, handled or checked
today. No track is kept, nobody off duty is shown, and every look is told to the person looked at.
Serves 个人信息保护法 art. 6 and 28, and 国办函〔2026〕12号 (no clocking in by position).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import NewEntry, record_many
from chengguan.cases.models import Case
from chengguan.core.errors import NotAllowed
from chengguan.registry.models import Area
from chengguan.workflow.models import Event

#: Done where the case lies; what is done at a desk says nothing about a place.
FIELD_VERBS: Final = (
    "report",
    "submit_verification",
    "submit_handling",
    "submit_check",
    "self_handle",
)
SUBJECT: Final = "position"
_ROSTER: Final = "chengguan.command.roster.queries"


@dataclass(frozen=True, slots=True)
class OnMap:
    """Somebody on duty; `point` is the middle of a grid (CGCS2000), None without an event today."""

    user_id: int
    name: str
    post: str
    organisation_id: int | None
    duty_area: str
    shift: str
    area_code: str = ""
    area_name: str = ""
    point: tuple[float, float] | None = None
    at: datetime | None = None


def has_roster() -> bool:
    """Say whether a duty roster exists; without one nobody is on duty, and nobody is shown."""
    return find_spec("chengguan.command.roster") is not None and find_spec(_ROSTER) is not None


def on_duty(at: datetime, area_code: str = "") -> Sequence[Any]:
    """Give who is on duty by the roster; nobody where there is none yet."""
    if not has_roster():
        return ()
    found: Sequence[Any] = import_module(_ROSTER).on_duty(at, area_code=area_code)
    return found


def people_on_duty(principal: Principal, now: datetime) -> list[OnMap]:
    """Give the people on duty in the areas in which the principal may see people.

    Whoever shows them by name and place tells them so (`tell`); a mere number tells of nobody.

    Raises:
        NotAllowed: the principal may see nobody's position.
    """
    if not principal.can(Capability.SEE_PEOPLE):
        raise NotAllowed(
            "map.people",
            "您的岗位不能查看在岗人员位置。",
            mend="如确需查看，请联系系统管理员授予相应岗位。",
        )
    return places_of(principal, on_duty(now), now)


def places_of(principal: Principal, duties: Sequence[Any], now: datetime) -> list[OnMap]:
    """Give those of these duties that the principal may see, with their places."""
    seen = [one for one in duties if _may_see(principal, one.area_code)]
    places = _last_places([one.user_id for one in seen], now)
    return [_on_map(principal, one, places.get(one.user_id)) for one in seen]


def tell(principal: Principal, seen: Sequence[OnMap], now: datetime) -> None:
    """Put this look into the list of each person who was shown with a place; audited thereby."""
    record_many(
        [
            NewEntry(
                action="position.see",
                actor=principal.actor(Capability.SEE_PEOPLE),
                subject_type=SUBJECT,
                subject_id=one.user_id,
                detail={"area": one.area_code},
                at=now,
            )
            for one in seen
            if one.point and one.user_id != principal.user_id
        ]
    )


def _may_see(principal: Principal, area_code: str) -> bool:
    return principal.can(Capability.SEE_PEOPLE, area_code=area_code)


def _on_map(principal: Principal, duty: Any, last: tuple[str, datetime] | None) -> OnMap:
    made = (
        duty.user_id,
        duty.name,
        duty.post_name,
        duty.organisation_id,
        duty.area_name,
        duty.shift_name,
    )
    # Who went beyond the viewer's areas is known to be on duty, not where.
    if last is None or not _may_see(principal, last[0]):
        return OnMap(*made)
    area = Area.objects.filter(code=last[0]).values_list("name", "centre").first()
    if area is None or area[1] is None:
        return OnMap(*made)
    return OnMap(*made, last[0], area[0], tuple(area[1]), last[1])


def _last_places(people: list[int], now: datetime) -> dict[int, tuple[str, datetime]]:
    """Give the area and instant of each person's last event of today in the field; two statements."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    theirs = Case.objects.filter(
        Q(reporter_id__in=people, opened_at__gte=midnight)
        | Q(collector_id__in=people, changed_at__gte=midnight)
        | Q(handler_id__in=people, closed_at__isnull=True, changed_at__gte=midnight)
    )
    areas = dict(theirs.values_list("id", "area_code"))
    events = Event.objects.filter(
        instance_id__in=list(areas),
        actor_id__in=people,
        at__gte=midnight,
        at__lte=now,
        verb__in=FIELD_VERBS,
    ).order_by("at", "id")
    return {
        actor: (areas[case], at)
        for actor, case, at in events.values_list("actor_id", "instance_id", "at")
        if actor is not None and areas[case]
    }

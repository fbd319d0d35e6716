"""What and who lies inside a circle: counted and listed by the same columns, so both are one number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.cases.points import Points
from chengguan.core.metres import distance_m
from chengguan.registry.domain.duty_index import Unit, units
from chengguan.registry.points import KINDS, things
from chengguan.registry.queries import areas_seen_by
from chengguan.telemetry.models import Latest
from chengguan.telemetry.queries import latest_visible_to

from .asked import Circle
from .people import OnMap, people_on_duty, tell

#: Fewer people than these in a circle of fewer metres are found by their number alone.
FEW: Final = 3
NEAR: Final = 200.0
#: What may be listed, with its title, in the order shown.
TITLES: Final = {
    "cases": "在办案件",
    "people": "在岗人员",
    "units": "有案件的处置单位",
    "components": "部件",
    "cameras": "摄像机",
    "devices": "设备",
    "facilities": "设施站点",
    "vehicles": "作业车辆",
}


@dataclass(frozen=True, slots=True)
class Inside:
    """Counts by kind (`TITLES`); kinds that the person may not see are left out."""

    counts: dict[str, int]
    lights: dict[str, int]


def inside(principal: Principal, circle: Circle, points: Points, now: datetime) -> Inside:
    """Count what a circle holds for a person."""
    counts: dict[str, int] = {}
    lights: dict[str, int] = {}
    if principal.can(Capability.SEE_CASES):
        held = points.take(circle.holds(points))
        counts["cases"] = len(held)
        names = ("none", "green", "yellow", "red")
        lights = {
            names[light]: n for light, n in sorted(Counter(held.lights(points.at).tolist()).items())
        }
        counts["units"] = len(units_of(held))
    if principal.can(Capability.SEE_PEOPLE):
        people = people_inside(principal, circle, now)
        counts["people"] = len(people)
        if circle.metres < NEAR and len(people) < FEW:
            # One or two in a circle no larger than a grid are as good as shown.
            tell(principal, people, now)
    if principal.can(Capability.SEE_REGISTRY):
        for kind in KINDS:
            counts[kind] = len(things_inside(principal, circle, kind))
        counts["vehicles"] = len(vehicles_inside(principal, circle))
    return Inside({kind: counts[kind] for kind in TITLES if kind in counts}, lights)


def things_inside(principal: Principal, circle: Circle, kind: str) -> list[int]:
    """Give the ids of a kind's things in a circle that the person may see."""
    areas = areas_seen_by(principal)
    found = things(kind).around(circle.lon, circle.lat, circle.metres, areas)
    ids: list[int] = found.ids.tolist()
    return ids


def vehicles_inside(principal: Principal, circle: Circle) -> list[Latest]:
    """Give the vehicles whose newest position lies in a circle, in the order of their codes."""
    return [
        one
        for one in latest_visible_to(principal)
        if distance_m(circle.lon, circle.lat, *one.point) <= circle.metres
    ]


def people_inside(principal: Principal, circle: Circle, now: datetime) -> list[OnMap]:
    """Give the people on duty whose last work of today lies in a grid with its middle in the circle."""
    return [
        one
        for one in people_on_duty(principal, now)
        if one.point and distance_m(circle.lon, circle.lat, *one.point) <= circle.metres
    ]


def units_of(points: Points) -> list[tuple[Unit, int]]:
    """Give the units that handle these cases with the number of theirs, most first."""
    ids = points.ids.tolist()
    rows = Case.objects.filter(pk__in=ids, unit_id__isnull=False).values_list("unit_id", flat=True)
    known = units()
    found = [(known[unit], n) for unit, n in Counter(rows).items() if unit in known]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].name))

"""Who is offered as a recipient: on duty in the circle, responsible there, in charge of the area."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from chengguan.accounts.domain.principal import Principal
from chengguan.core.metres import LocalPlane
from chengguan.registry.domain.duty_index import in_force
from chengguan.registry.domain.locate import chain, locate_areas

from ..roster.queries import on_duty
from .domain.issuing import Circle
from .domain.reach import grants_today, reachable_people, reachable_units
from .errors import wrong

_MOST_METRES: Final = 50_000
_LATTICE: Final = 9
_SHOWN: Final = 60
_COMMUNITY: Final = 12


@dataclass(frozen=True, slots=True)
class Offered:
    """One recipient as offered, with the reason."""

    id: int
    name: str
    about: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """Everybody offered; `said` are sentences about what could not be looked up."""

    people: list[Offered] = field(default_factory=list)
    units: list[Offered] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)


def read_circle(text: str) -> Circle | None:
    """Read "lon,lat,metres" (CGCS2000 degrees); "" is no circle.

    Raises:
        Invalid: it isn't three numbers, or not on the earth, or wider than 50 km.
    """
    if not text.strip():
        return None
    try:
        lon, lat, metres = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        lon = lat = metres = float("nan")
    if not (abs(lon) <= 180 and abs(lat) <= 90 and 0 < metres <= _MOST_METRES):
        raise wrong(
            "circle", "圆的范围写得不对。", "应写作“经度,纬度,半径米”，如 121.91,30.89,500。"
        )
    return lon, lat, metres


def offer(
    principal: Principal,
    circle: Circle | None,
    at: datetime,
    *,
    people: Sequence[int] = (),
    units: Sequence[int] = (),
) -> Offer:
    """Give who may be ordered here, those asked for by id first and chosen already."""
    offered = Offer()
    _asked_for(principal, offered, people, units)
    if circle is not None:
        codes = areas_in(circle)
        offered.areas.extend(_names(codes))
        if not codes:
            offered.said.append("圆内没有本市的区域，请核对位置。")
        else:
            _inside(principal, offered, codes, at)
    return offered


def areas_in(circle: Circle) -> list[str]:
    """Give the smallest areas found on a lattice of some 250 points of the circle, in order of code."""
    lon, lat, metres = circle
    steps = np.linspace(-metres, metres, 2 * _LATTICE + 1)
    east, north = np.meshgrid(steps, steps)
    inside = np.hypot(east, north) <= metres * 1.0001
    points = LocalPlane(lon, lat).to_degrees(np.column_stack([east[inside], north[inside]]))
    found = np.unique(locate_areas(np.asarray(points)))
    return [str(code) for code in found if code]


def _names(codes: Iterable[str]) -> list[str]:
    """Give the communities (or what is larger) of areas by name, eight at most: grids have numbers."""
    chains = [chain(code[:_COMMUNITY]) for code in codes]
    return list(dict.fromkeys(one[-1].name for one in chains if one))[:8]


def touches(area_code: str, codes: Iterable[str]) -> bool:
    """Say whether an area holds, or lies in, one of `codes`."""
    return any(code.startswith(area_code) or area_code.startswith(code) for code in codes)


def _asked_for(
    principal: Principal, offered: Offer, people: Sequence[int], units: Sequence[int]
) -> None:
    if units:
        rows = reachable_units(principal).filter(pk__in=units).values_list("pk", "name")
        offered.units.extend(Offered(pk, name, "已选", chosen=True) for pk, name in rows)
    if people:
        found = reachable_people(principal).filter(pk__in=people)
        rows3 = found.values_list("pk", "name", "organisation__name")
        offered.people.extend(Offered(pk, name, where, chosen=True) for pk, name, where in rows3)
    missing = len(set(units)) + len(set(people)) - len(offered.units) - len(offered.people)
    if missing:
        offered.said.append(f"有 {missing} 个接收方不在您的指挥范围内，没有列出。")


def _inside(principal: Principal, offered: Offer, codes: list[str], at: datetime) -> None:
    wanted = {one.id for one in offered.people}
    working = _on_duty(at, codes)
    if not working:
        offered.said.append("值班表上此刻没有人在圆内在岗；可按单位下达，或查找人员。")
    chiefs = _chiefs(codes)
    about = {**chiefs, **working}
    found = reachable_people(principal).filter(pk__in=set(about) - wanted)
    names = found.order_by("name", "pk").values_list("pk", "name")[:_SHOWN]
    offered.people.extend(Offered(pk, name, about[pk]) for pk, name in names)
    duties = _responsible(codes)
    chosen = {one.id for one in offered.units}
    units = reachable_units(principal).filter(pk__in=set(duties) - chosen)
    ordered = sorted(units.values_list("pk", "name"), key=lambda one: (-duties[one[0]][0], one[1]))
    offered.units.extend(Offered(pk, name, duties[pk][1]) for pk, name in ordered[:_SHOWN])


def _on_duty(at: datetime, codes: list[str]) -> dict[int, str]:
    rows = on_duty(at)
    return {
        one.user_id: f"在岗：{one.post_name}，{one.area_name or '全区'}"
        for one in rows
        if touches(one.area_code, codes)
    }


def _chiefs(codes: list[str]) -> dict[int, str]:
    rows = (
        grants_today()
        .filter(post__code__startswith="area_chief")
        .values_list("user_id", "post__name", "area_code", "organisation__area_code")
    )
    return {
        user_id: f"{post}"
        for user_id, post, area, own in rows
        if (area or own) and touches(area or own, codes)
    }


def _responsible(codes: list[str]) -> dict[int, tuple[int, str]]:
    """Give the units with a duty there, as (exactness of the area, reason)."""
    found: dict[int, tuple[int, str]] = {}
    from chengguan.store.today import local_today

    for duty in in_force(local_today()):
        exact = len(duty.area_code)
        if not touches(duty.area_code, codes) or found.get(duty.unit.id, (-1, ""))[0] >= exact:
            continue
        names = chain(duty.area_code)
        found[duty.unit.id] = exact, f"有权责：{names[-1].name if names else '全市'}"
    return found

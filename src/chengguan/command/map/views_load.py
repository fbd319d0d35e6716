"""Loads by area and by hour, and people on duty, as the map and its tables ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.audit.queries import history
from chengguan.cases.points import points_of
from chengguan.core.errors import Invalid
from chengguan.registry.domain.locate import place_name
from chengguan.registry.queries import areas_visible_to
from chengguan.ui.recipe.geometry import read_window
from chengguan.ui.recipe.views import need

from .domain.asked import SPANS, Asked, bounds
from .domain.load import LEVELS, Loads, by_hour, loads
from .domain.people import SUBJECT, has_roster, people_on_duty, tell
from .forms import asked, filters_query

_MOST = 3_000
_ROWS = 200


@dataclass(frozen=True)
class _Line:
    code: str
    name: str
    count: int
    red: int
    place: int


@login_required
def shapes(request: HttpRequest) -> JsonResponse:
    """Answer the areas of a level in a window with their open cases and class of load (GeoJSON)."""
    what, level, found = _loads(request)
    rows = areas_visible_to(principal_of_request(request)).filter(
        level=level, geometry__isnull=False
    )
    window = read_window(request.GET.get("bbox", ""))
    if window:
        west, south, east, north = window
        rows = rows.filter(
            bbox__0__lte=east, bbox__2__gte=west, bbox__1__lte=north, bbox__3__gte=south
        )
    areas = list(rows.only("code", "name", "geometry")[: _MOST + 1])
    features = [_shape(area, found) for area in areas[:_MOST]]
    body = {
        "type": "FeatureCollection",
        "features": features,
        "truncated": len(areas) > _MOST,
        "breaks": list(found.breaks),
        "level": level,
        "past": what.is_past,
    }
    return JsonResponse(body, content_type="application/geo+json")


@login_required
def table(request: HttpRequest) -> HttpResponse:
    """Show the same loads as a table: each number leads to its cases."""
    what, level, found = _loads(request)
    seen = areas_visible_to(principal_of_request(request)).filter(level=level)
    order = sorted(found.counts, key=lambda code: (-found.counts[code], code))
    names = dict(seen.filter(code__in=order).values_list("code", "name"))
    lines = [
        _Line(
            code,
            _called(code, names[code]),
            found.counts[code],
            found.red.get(code, 0),
            found.place(code),
        )
        for code in order
        if code in names
    ]
    context = {
        "lines": lines[:_ROWS],
        "more": max(0, len(lines) - _ROWS),
        "level": level,
        "levels": LEVEL_TITLES,
        "query": filters_query(request),
        "at": what.at,
        "breaks": found.breaks,
    }
    return render(request, "command/map/load.html", context)


def _called(code: str, name: str) -> str:
    """Say a unit grid, which has its code for a name, by its community and number there."""
    if name != code or len(code) != LEVELS["grid"]:
        return name
    return place_name(code) or code


@login_required
def hours(request: HttpRequest) -> JsonResponse:
    """Answer how many cases were open at each hour of the day or week around an instant."""
    need(request, Capability.SEE_CASES, "查看案件")
    what, now = asked(request), timezone.now()
    begun, over = bounds(what.at or now, what.span)
    points = points_of(
        principal_of_request(request), what.wanted, now, between=(begun, min(over, now))
    )
    count = min(24 * SPANS[what.span], int((now - begun).total_seconds() // 3600) + 1)
    body = {
        "first": timezone.localtime(begun).isoformat(timespec="minutes"),
        "counts": by_hour(points, begun, count),
    }
    return JsonResponse(body)


@login_required
def people(request: HttpRequest) -> JsonResponse:
    """Answer the people on duty whom the asker may see, each look told to them (GeoJSON)."""
    now = timezone.now()
    principal = principal_of_request(request)
    found = people_on_duty(principal, now)
    tell(principal, found, now)
    features = [_person(one, now) for one in found if one.point]
    body = {
        "type": "FeatureCollection",
        "features": features,
        "on_duty": len(found),
        "roster": has_roster(),
    }
    response = JsonResponse(body, content_type="application/geo+json")
    response["Cache-Control"] = "no-store"
    return response


@login_required
def seen(request: HttpRequest) -> HttpResponse:
    """Show a person who looked at his position, and when."""
    user_id = principal_of_request(request).user_id
    looks = list(history(SUBJECT, str(user_id))[:_ROWS])
    return render(request, "command/map/seen.html", {"looks": looks, "shown": _ROWS})


LEVEL_TITLES = {
    "grid": "单元网格",
    "community": "社区（村）",
    "street": "街道（镇）",
    "district": "区（县）",
}


def _loads(request: HttpRequest) -> tuple[Asked, str, Loads]:
    need(request, Capability.SEE_CASES, "查看案件")
    need(request, Capability.SEE_REGISTRY, "查看台账")
    level = request.GET.get("level") or "grid"
    if level not in LEVELS:
        raise Invalid(
            "map.level", "没有这个级别。", mend=f"可用 {'、'.join(LEVELS)}。", field="level"
        )
    what = asked(request)
    points = what.points(principal_of_request(request), timezone.now())
    return what, level, loads(points, level, what.at or points.at, whole=what.is_past)


def _shape(area: Any, found: Loads) -> dict[str, Any]:
    properties = {
        "code": area.code,
        "name": area.name,
        "n": found.counts.get(area.code, 0),
        "red": found.red.get(area.code, 0),
        "place": found.place(area.code),
    }
    return {"type": "Feature", "geometry": area.geometry, "properties": properties}


def _person(one: Any, now: Any) -> dict[str, Any]:
    minutes = int((now - one.at).total_seconds() // 60)
    properties = {
        "name": one.name,
        "post": one.post,
        "shift": one.shift,
        "area": one.area_name,
        "age": f"{minutes} 分钟前" if minutes < 60 else f"{minutes // 60} 小时前",
        "user": one.user_id,
    }
    return {
        "type": "Feature",
        "id": one.user_id,
        "geometry": {"type": "Point", "coordinates": list(one.point)},
        "properties": properties,
    }

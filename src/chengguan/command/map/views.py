"""The map's page, its tiles, and what a click on it asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.queries import can_see, rows_of
from chengguan.core.errors import NotFound
from chengguan.core.tiles import Tile
from chengguan.registry.points import KINDS, things
from chengguan.registry.queries import areas_seen_by
from chengguan.ui import clockface, ports
from chengguan.ui.recipe.views import need

from . import settings
from .domain.asked import Circle
from .domain.tiles import TileCache, case_tile, thing_tile
from .forms import asked, filter_form, filters_query

MVT: Final = "application/vnd.mapbox-vector-tile"
#: Any of these opens the map; each layer asks for its own.
SEES: Final = (Capability.SEE_CASES, Capability.SEE_REGISTRY, Capability.SEE_PEOPLE)
_tiles: Final = TileCache()


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show the map with its layers, filters and time."""
    asker = ports.asker(request)
    if not any(asker.can(one) for one in SEES):
        need(request, Capability.SEE_CASES, "查看地图")
    form = filter_form(request)
    valid = form.is_valid()
    if circle := request.GET.get("circle", ""):
        Circle.read(circle)
    context = {
        "form": form,
        "config": settings.config(request, filters_query(request) if valid else ""),
        "layers": settings.layers(request),
        "query": filters_query(request),
        "circle": circle,
        "sees_cases": asker.can(Capability.SEE_CASES),
        "sees_load": asker.can(Capability.SEE_CASES) and asker.can(Capability.SEE_REGISTRY),
    }
    return render(request, "command/map/page.html", context, status=200 if valid else 422)


@login_required
def cases_tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """Answer the cases of a tile, those of the person's scope and the address's filters."""
    need(request, Capability.SEE_CASES, "查看案件")
    tile, what = Tile(z, x, y), asked(request)
    points = what.points(principal_of_request(request), timezone.now())
    at = what.at or points.at
    key = (os.getpid(), points.serial, what.at, str(tile))
    age = 30 if what.is_past else 4
    return _answer(request, key, age, lambda: case_tile(points, tile, at, whole=what.is_past))


@login_required
def things_tile(request: HttpRequest, kind: str, z: int, x: int, y: int) -> HttpResponse:
    """Answer the components, cameras or devices of a tile in the areas the person sees."""
    need(request, Capability.SEE_REGISTRY, "查看台账")
    tile, all_of_them = Tile(z, x, y), things(kind)
    areas = areas_seen_by(principal_of_request(request))
    key = (kind, all_of_them.stamp, areas, str(tile))
    return _answer(request, key, 60, lambda: thing_tile(all_of_them.in_tile(tile, areas), tile))


@login_required
def case_popup(request: HttpRequest, case_id: int) -> JsonResponse:
    """Answer what a case's popup says."""
    need(request, Capability.SEE_CASES, "查看案件")
    if not can_see(principal_of_request(request), case_id):
        raise NotFound("map.case", "没有找到这个案件。", mend="它可能已不在您的查看范围内。")
    now = timezone.now()
    row = rows_of([case_id], now)[0]
    due = clockface.face(row.stage_due_at, row.stage_warn_at, now)
    limit = f"{due.text}（{clockface.short(row.stage_due_at)} 到期）" if due.exact else due.text
    notes = (row.state_title, "" if row.closed_at else limit, row.unit_name, row.address)
    told = {
        "title": row.matter_name or row.text[:20] or "未定事项",
        "code": row.number,
        "note": " · ".join(filter(None, notes)),
        "url": reverse("cases:detail", args=[row.number]),
    }
    return JsonResponse(told)


@login_required
def thing_popup(request: HttpRequest, kind: str, thing_id: int) -> JsonResponse:
    """Answer what the popup of a component, camera or device says."""
    need(request, Capability.SEE_REGISTRY, "查看台账")
    if kind not in KINDS:
        raise NotFound("map.kind", "没有这个图层。", mend=f"可用 {'、'.join(KINDS)}。")
    row: Any = (
        settings.rows_of_kind(principal_of_request(request), kind).filter(pk=thing_id).first()
    )
    if row is None:
        raise NotFound("map.thing", "没有找到这个对象。", mend="它可能已不在您的管辖范围内。")
    notes = [row.get_state_display(), row.address]
    if kind == "cameras" and row.direction is not None:
        notes.append(f"朝向 {row.direction:.0f}°")
    if kind == "facilities":
        notes[:0] = [row.get_kind_display()]
        notes += [row.hours, row.capacity]
    if kind == "devices":
        notes.append(f"最近数据 {clockface.exact(row.seen_at)}" if row.seen_at else "尚无数据")
    told = {
        "title": row.name or row.code,
        "code": row.code,
        "note": " · ".join(filter(None, notes)),
        "url": reverse(f"registry:{kind}-detail", args=[row.code]),
    }
    return JsonResponse(told)


def _answer(
    request: HttpRequest, key: tuple[Any, ...], age: int, make: Callable[[], bytes]
) -> HttpResponse:
    """Answer a tile, or that the browser's own still stands; addresses name whose tile it is."""
    etag = f'"{blake2b(repr(key).encode(), digest_size=12).hexdigest()}"'
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(_tiles.get(key, make), content_type=MVT)
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={age}"
    response["Vary"] = "Cookie"
    return response

"""What lies in a circle or a cell: the panel of counts, and for each count the list of its rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.points import Points
from chengguan.cases.queries import CaseRow, rows_of
from chengguan.cases.screens.lines import lines
from chengguan.core.errors import Invalid, NotFound
from chengguan.registry.domain.duty_index import units
from chengguan.registry.points import KINDS
from chengguan.telemetry.queries import age_of
from chengguan.ui import ports
from chengguan.ui.clockface import exact
from chengguan.ui.recipe.export import safe
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from . import settings
from .domain.asked import Asked, Circle, read_cell
from .domain.inside import TITLES, inside, people_inside, things_inside, units_of, vehicles_inside
from .domain.people import tell
from .forms import asked, filters_query

_SIZE: Final = 50
_EXPORTED: Final = 50_000
_HEAD: Final = (
    "案件编号",
    "状态",
    "事项",
    "描述",
    "地点",
    "区划代码",
    "区域",
    "处置单位",
    "上报时间",
    "阶段到期",
)


@login_required
def panel(request: HttpRequest) -> HttpResponse:
    """Show what a circle holds: a count for each kind, each leading to its rows."""
    circle, what = _circle(request), asked(request)
    principal, now = principal_of_request(request), timezone.now()
    found = inside(principal, circle, what.points(principal, now), now)
    context = {
        "circle": circle,
        "found": [(kind, TITLES[kind], count) for kind, count in found.counts.items()],
        "lights": found.lights,
        "query": _query(request, str(circle)),
        "may_order": ports.asker(request).can(Capability.ORDER),
        "may_export": ports.asker(request).can(Capability.EXPORT),
        "at": what.at,
    }
    template = "inside" if is_fragment(request) else "inside_page"
    return render(request, f"command/map/{template}.html", context)


@login_required
def rows(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the rows behind one count of the panel, or behind a cell of the map."""
    if kind not in TITLES:
        raise NotFound("map.kind", "没有这种对象。", mend=f"可用 {'、'.join(TITLES)}。")
    context = {
        "kind": kind,
        "title": TITLES[kind],
        "query": _query(request),
        "may_export": kind == "cases" and ports.asker(request).can(Capability.EXPORT),
        "back": f"{reverse('command:map')}?{_query(request)}",
        **_listed(request, kind),
    }
    return render(request, "command/map/rows.html", context)


@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Answer the cases of a circle or a cell as CSV, those the person may take away; audited."""
    need(request, Capability.EXPORT, "导出案件")
    need(request, Capability.SEE_CASES, "查看案件")
    principal, what = principal_of_request(request), asked(request)
    held = _held(request, principal, what)
    ids = _ordered(held)[:_EXPORTED]
    ports.note(
        request,
        "export",
        subject_type="case",
        detail={"form": "csv", "filters": {k: v for k, v in request.GET.items() if v}},
    )
    body = _csv(principal, rows_of(ids, timezone.now()))
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="map-cases.csv"'
    return response


def _listed(request: HttpRequest, kind: str) -> dict[str, Any]:
    principal, now = principal_of_request(request), timezone.now()
    if kind == "people":
        seen = people_inside(principal, _circle(request), now)
        tell(principal, seen, now)
        return {"people": seen}
    if kind in KINDS:
        need(request, Capability.SEE_REGISTRY, "查看台账")
        ids = things_inside(principal, _circle(request), kind)
        page = _page(request, len(ids))
        found = settings.rows_of_kind(principal, kind).filter(pk__in=ids).order_by("code")
        return {"things": found[page["from"] : page["to"]], **page}
    if kind == "vehicles":
        need(request, Capability.SEE_REGISTRY, "查看台账")
        there = vehicles_inside(principal, _circle(request))
        page = _page(request, len(there))
        shown = there[page["from"] : page["to"]]
        return {"vehicles": [(one, age_of(one.at, now)) for one in shown], **page}
    need(request, Capability.SEE_CASES, "查看案件")
    held = _held(request, principal, asked(request))
    if kind == "units":
        return {"units": units_of(held)}
    page = _page(request, len(held))
    rows_shown = rows_of(_ordered(held)[page["from"] : page["to"]], now)
    return {"lines": lines(rows_shown, now), **page}


def _held(request: HttpRequest, principal: Principal, what: Asked) -> Points:
    points = what.points(principal, timezone.now())
    cell = read_cell(request.GET.get("cell", ""))
    if cell:
        return points.take(cell.holds(points.x, points.y))
    return points.take(_circle(request).holds(points))


def _circle(request: HttpRequest) -> Circle:
    text = request.GET.get("circle", "")
    if not text:
        # The page's form without its script sends the three parts.
        text = ",".join(request.GET.get(name, "") for name in ("lon", "lat", "metres"))
    return Circle.read(text)


def _ordered(held: Points) -> list[int]:
    """Give the ids, the nearest deadline first, as the list of cases has them."""
    ids: list[int] = held.ids[np.lexsort((held.ids, held.stage_due))].tolist()
    return ids


def _page(request: HttpRequest, count: int) -> dict[str, Any]:
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text)):
        raise Invalid("map.page", "页码无效。", mend="请从第 1 页重新开始。", field="page")
    page = int(text)
    following = page + 1 if count > page * _SIZE else None
    return {"count": count, "from": (page - 1) * _SIZE, "to": page * _SIZE, "next_page": following}


def _query(request: HttpRequest, circle: str = "") -> str:
    own = {
        name: request.GET[name]
        for name in ("circle", "cell", "at", "span")
        if request.GET.get(name)
    }
    if circle:
        own["circle"] = circle
    return "&".join(filter(None, (urlencode(own, safe=",/:"), filters_query(request))))


def _csv(principal: Principal, found: Sequence[CaseRow]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_HEAD)
    known = units()
    for row in found:
        unit = known.get(row.unit_id) if row.unit_id is not None else None
        if principal.can(
            Capability.EXPORT,
            area_code=row.area_code,
            organisation_path=unit.path if unit else "",
            matter_code=row.matter_code or None,
        ):
            cells = (
                row.number, row.state_title, row.matter_name, row.text, row.address, row.area_code,
                row.area_name, row.unit_name, exact(row.opened_at), exact(row.stage_due_at),
            )  # fmt: skip
            writer.writerow([safe(cell) for cell in cells])
    # Spreadsheets here take a file without the mark for GBK.
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()

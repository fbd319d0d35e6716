"""The list of cases, on the map and as a file: the same filters, all of them in the address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import xlsxwriter
from django.contrib.auth.decorators import login_required
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid, NotFound
from chengguan.registry.domain.duty_index import units
from chengguan.registry.forms import first_error
from chengguan.registry.views import city_start
from chengguan.ui import ports
from chengguan.ui.clockface import exact
from chengguan.ui.recipe.export import safe
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment
from chengguan.workflow.domain import current

from .enums import Source
from .forms import CaseFilterForm
from .queries import CaseRow, Page, count_visible, page, rows_of
from .screens import queues
from .screens.lines import lines

_SIZE: Final = 50
_QUEUE: Final = 200
_ON_MAP: Final = 500
_EXPORTED: Final = 50_000
_HEAD: Final = (
    "案件编号", "状态", "事项代码", "事项", "描述", "地点", "区划代码", "区域", "处置单位", "来源",
    "上报时间", "阶段到期", "办结时间", "按期",
)  # fmt: skip


@login_required
def list_page(request: HttpRequest) -> HttpResponse:
    """Show the list; htmx gets the table alone."""
    need(request, Capability.SEE_CASES, "查看案件")
    form = _form(request)
    found = _page(request, form, _SIZE) if form.is_valid() else None
    query = _query(request)
    context = {
        "form": form,
        "page": found,
        "lines": lines(found.rows, found.at) if found else "",
        "query": query,
        "next_url": f"?{query}&cursor={found.next_cursor}" if found and found.next_cursor else "",
        "may_export": ports.asker(request).can(Capability.EXPORT),
        "may_report": ports.asker(request).can(Capability.REPORT),
    }
    template = "cases/table.html" if is_fragment(request) else "cases/list.html"
    return render(request, template, context, status=200 if found else 422)


@login_required
def count(request: HttpRequest) -> HttpResponse:
    """Answer how many cases the filters find, counted no further than a thousand."""
    need(request, Capability.SEE_CASES, "查看案件")
    form = _valid(request)
    principal = principal_of_request(request)
    if form.cleaned_data["mine"]:
        number = len(_my_ids(principal, form))
    else:
        number = count_visible(principal, form.wanted(), up_to=1001)
    text = "1000 件以上" if number > 1000 else f"共 {number} 件"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@login_required
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the filtered cases on the map."""
    need(request, Capability.SEE_CASES, "查看案件")
    form = _form(request)
    valid = form.is_valid()
    query = _query(request)
    layers = [
        {"url": reverse("registry:areas-features"), "window": True, "title": "区域"},
        {"url": f"{reverse('cases:list-features')}?{query}", "title": "案件", "style": "case"},
    ]
    context = {"form": form, "map": {"layers": layers, "start": city_start()}, "query": query}
    return render(request, "cases/map.html", context, status=200 if valid else 422)


@login_required
def features(request: HttpRequest) -> JsonResponse:
    """Answer the first five hundred filtered cases as GeoJSON."""
    need(request, Capability.SEE_CASES, "查看案件")
    found = _page(request, _valid(request), _ON_MAP)
    body = {
        "type": "FeatureCollection",
        "features": [_feature(row) for row in found.rows if row.point],
        "truncated": bool(found.next_cursor),
    }
    return JsonResponse(body, content_type="application/geo+json")


@login_required
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Answer the filtered cases as CSV or XLSX, fifty thousand at most; noted in the audit."""
    need(request, Capability.EXPORT, "导出案件")
    filters = _valid(request)
    if form not in ("csv", "xlsx"):
        raise NotFound("export.form", "没有这种导出格式。", mend="可选 CSV 或 XLSX。")
    ports.note(
        request,
        "export",
        subject_type="case",
        detail={"form": form, "filters": {k: v for k, v in request.GET.items() if v}},
    )
    rows = _all(request, filters)
    response: HttpResponseBase = (
        StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
        if form == "csv"
        else _xlsx(rows)
    )
    response["Content-Disposition"] = f'attachment; filename="cases.{form}"'
    return response


def _form(request: HttpRequest) -> CaseFilterForm:
    chosen = [(str(one.id), one.name) for one in units().values() if one.active]
    return CaseFilterForm(request.GET, definition=current("case"), units=chosen)


def _valid(request: HttpRequest) -> CaseFilterForm:
    form = _form(request)
    if not form.is_valid():
        raise Invalid("list.filter", "筛选条件有误。", mend=first_error(form))
    return form


def _page(request: HttpRequest, form: CaseFilterForm, size: int) -> Page:
    principal = principal_of_request(request)
    if form.cleaned_data["mine"]:
        now = timezone.now()
        return Page(rows_of(_my_ids(principal, form), now), "", "due", now)
    return page(principal, form.wanted(), form.order, request.GET.get("cursor", ""), size)


def _my_ids(principal: Principal, form: CaseFilterForm) -> list[int]:
    return queues.my_case_ids(principal, form.wanted().q(timezone.now()), _QUEUE)


def _query(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked.pop("cursor", None)
    for name in [name for name in asked if not asked[name]]:
        del asked[name]
    return asked.urlencode()


def _feature(row: CaseRow) -> dict[str, Any]:
    assert row.point is not None
    return {
        "type": "Feature",
        "id": row.id,
        "geometry": {"type": "Point", "coordinates": list(row.point)},
        "properties": {
            "code": row.number,
            "title": row.matter_name or row.text[:20] or "未定事项",
            "note": " · ".join(filter(None, (row.state_title, row.address))),
            "light": row.light,
            "url": reverse("cases:detail", args=[row.number]),
        },
    }


def _all(request: HttpRequest, form: CaseFilterForm) -> Iterator[list[Any]]:
    principal = principal_of_request(request)
    if form.cleaned_data["mine"]:
        yield from _exported(principal, _page(request, form, _SIZE).rows)
        return
    cursor, given = "", 0
    while given < _EXPORTED:
        part = page(principal, form.wanted(), form.order, cursor, 500)
        yield from _exported(principal, part.rows)
        given += len(part.rows)
        cursor = part.next_cursor
        if not cursor:
            return


def _exported(principal: Principal, rows: Sequence[CaseRow]) -> Iterator[list[Any]]:
    """Give the cells of the rows that may be taken away: to see and to export are two rights."""
    known = units()
    for row in rows:
        unit = known.get(row.unit_id) if row.unit_id is not None else None
        if principal.can(
            Capability.EXPORT,
            area_code=row.area_code,
            organisation_path=unit.path if unit else "",
            matter_code=row.matter_code or None,
        ):
            yield _cells(row)


def _cells(row: CaseRow) -> list[Any]:
    kept = {None: "", True: "是", False: "否"}[row.on_time]
    cells = [
        row.number, row.state_title, row.matter_code, row.matter_name, row.text, row.address,
        row.area_code, row.area_name, row.unit_name, Source(row.source).label,
        exact(row.opened_at), exact(row.stage_due_at), exact(row.closed_at), kept,
    ]  # fmt: skip
    return [safe(cell) for cell in cells]


def _csv(rows: Iterator[list[Any]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_HEAD)
    for cells in rows:
        writer.writerow(cells)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _xlsx(rows: Iterator[list[Any]]) -> HttpResponse:
    place = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(place, options)
    sheet = book.add_worksheet("案件")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, _HEAD, book.add_format({"bold": True}))
    for number, cells in enumerate(rows, 1):
        sheet.write_row(number, 0, cells)
    book.close()
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(place.getvalue(), content_type=content_type)

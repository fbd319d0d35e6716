"""The list of cases, on the map and as a file: the same filters, all of them in the address."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.registry.forms import first_error
from chengguan.registry.layers import areas_layer
from chengguan.registry.views import city_start
from chengguan.store.answers import Alike
from chengguan.ui import ports
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_background, is_fragment

from . import columns
from .filter_form import CaseFilterForm
from .filtering import filter_form
from .queries import CaseRow, Page, count_visible, page, rows_of
from .scoping import alike
from .screens import queues
from .screens.lines import heads, lines

_SIZE: Final = 50
_QUEUE: Final = 200
_ON_MAP: Final = 500
#: What open pages ask for after news.
_lists: Final = Alike()


@login_required
def list_page(request: HttpRequest) -> HttpResponse:
    """Show the list; htmx gets the table alone, and open pages that ask by themselves the same one."""
    need(request, Capability.SEE_CASES, "查看案件")
    if is_fragment(request) and is_background(request):
        return _lists.answer(request, _alike(request), lambda: _table(request))
    context = _listed(request)
    template = "cases/table.html" if is_fragment(request) else "cases/list.html"
    return render(request, template, context, status=200 if context["page"] else 422)


def _listed(request: HttpRequest) -> dict[str, Any]:
    form = filter_form(request.GET)
    found = _page(request, form, _SIZE) if form.is_valid() else None
    query = query_of(request)
    principal = principal_of_request(request)
    names = columns.chosen(principal, "listed")
    return {
        "form": form,
        "page": found,
        "lines": lines(found.rows, found.at, names) if found else "",
        "heads": heads(names),
        "names": names,
        "columns": columns.offered(principal, "listed"),
        "query": query,
        "next_url": f"?{query}&cursor={found.next_cursor}" if found and found.next_cursor else "",
        "may_export": ports.asker(request).can(Capability.EXPORT),
        "may_report": ports.asker(request).can(Capability.REPORT),
    }


def _alike(request: HttpRequest) -> Hashable:
    principal = principal_of_request(request)
    own = principal.user_id if "mine" in request.GET else None
    return alike(principal), own, columns.chosen(principal, "listed"), request.GET.urlencode()


def _table(request: HttpRequest) -> tuple[str, datetime]:
    context = _listed(request)
    found = context["page"]
    if found is None:
        raise Invalid("list.filter", "筛选条件有误。", mend=first_error(context["form"]))
    return render_to_string("cases/table.html", context, request), found.at


@login_required
def count(request: HttpRequest) -> HttpResponse:
    """Answer how many cases the filters find, counted no further than a thousand."""
    need(request, Capability.SEE_CASES, "查看案件")
    form = _valid(request)
    principal = principal_of_request(request)
    if form.cleaned_data["mine"]:
        number = len(my_ids(principal, form))
    else:
        number = count_visible(principal, form.wanted(), up_to=1001)
    text = "1000 件以上" if number > 1000 else f"共 {number} 件"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@login_required
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the filtered cases on the map."""
    need(request, Capability.SEE_CASES, "查看案件")
    form = filter_form(request.GET)
    valid = form.is_valid()
    query = query_of(request)
    layers = [
        *areas_layer(principal_of_request(request)),
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


def _valid(request: HttpRequest) -> CaseFilterForm:
    form = filter_form(request.GET)
    if not form.is_valid():
        raise Invalid("list.filter", "筛选条件有误。", mend=first_error(form))
    return form


def _page(request: HttpRequest, form: CaseFilterForm, size: int) -> Page:
    principal = principal_of_request(request)
    if form.cleaned_data["mine"]:
        now = timezone.now()
        return Page(rows_of(my_ids(principal, form), now), "", "due", now)
    return page(principal, form.wanted(), form.order, request.GET.get("cursor", ""), size)


def my_ids(principal: Principal, form: CaseFilterForm) -> list[int]:
    """Give the ids of the cases of a filter that wait for a person, the most urgent first."""
    return queues.my_case_ids(principal, form.wanted().q(timezone.now()), _QUEUE)


def query_of(request: HttpRequest) -> str:
    """Give what is asked as the address has it, without page and empty fields."""
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

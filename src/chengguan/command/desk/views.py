"""The desk's list, the case beside it, and what the page fetches to stay true."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.filters import CaseFilter
from chengguan.core.errors import Invalid
from chengguan.registry.forms import first_error
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from . import queries
from .domain.drafts import drafted
from .domain.views_kept import keep_view, last_view
from .duty import others_on_duty
from .forms import NAMES, DeskFilterForm, query_of
from .keys import sheet, table
from .pane import Pane, pane_of
from .rows import lines

#: What a page may ask about at once: as many rows as it can show.
_ASKED: Final = 500


@login_required
@require_safe
def desk(request: HttpRequest, number: str = "") -> HttpResponse:
    """Show the list, and beside it the case whose number is in the address; htmx gets that alone."""
    need(request, Capability.SEE_CASES, "使用办理台")
    principal = principal_of_request(request)
    pane = pane_of(principal, number, request.GET.get("verb", "")) if number else None
    if pane is not None and is_fragment(request):
        return render(request, "command/desk/pane.html", _of_pane(pane, query_of(request.GET)))
    asked = _asked(request, principal)
    form = DeskFilterForm(asked)
    context = {
        **_list(request, principal, form, query_of(asked), number),
        "form": form,
        "keys": table(),
        "sheet": sheet(),
        "number": number,
        "on_duty": others_on_duty(principal, timezone.now()),
        "now": int(timezone.now().timestamp()),
        "states": " ".join(queries.waiting_states(principal)),
    }
    if pane is not None:
        context |= _of_pane(pane, context["query"])
    return render(
        request, "command/desk/desk.html", context, status=200 if form.is_valid() else 422
    )


@login_required
@require_safe
def list_part(request: HttpRequest) -> HttpResponse:
    """Answer the list alone: for other filters, for more rows, and to catch up after a sleep."""
    need(request, Capability.SEE_CASES, "使用办理台")
    principal = principal_of_request(request)
    form = DeskFilterForm(request.GET)
    query = query_of(request.GET)
    opened = request.GET.get("opened", "")
    context = _list(request, principal, form, query, opened)
    if not form.is_valid():
        raise Invalid("desk.filter", "筛选条件有误。", mend=first_error(form))
    if request.GET.get("cursor"):
        return render(request, "command/desk/more.html", context)
    response = render(request, "command/desk/list.html", context)
    if request.GET.get("keep") == "1":
        keep_view(principal, query)
        # The address stays that of the page, not of its part.
        response["HX-Replace-Url"] = f"{_address(opened)}?{query or 'clear=1'}"
    return response


@login_required
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Answer those of the cases asked about that wait here now, and the queues counted again."""
    need(request, Capability.SEE_CASES, "使用办理台")
    principal = principal_of_request(request)
    form = _valid(request)
    now = timezone.now()
    numbers = request.GET.getlist("case")[:_ASKED]
    rows = queries.still_waiting(principal, form.wanted(), now, numbers)
    drafts = drafted(principal, [row.id for row in rows])
    query = query_of(request.GET)
    opened = request.GET.get("opened", "")
    context = {
        "lines": lines(rows, now, query=query, opened=opened, drafts=drafts),
        **_counted(principal, form.wanted(), query, form),
    }
    return render(request, "command/desk/changes.html", context)


def _address(opened: str) -> str:
    numbered = len(opened) == 19 and opened.isascii() and opened.isdigit()
    return reverse("command:desk-case", args=[opened]) if numbered else reverse("command:desk")


def _of_pane(pane: Pane, query: str) -> dict[str, Any]:
    return {"pane": pane, "page": pane.page, "case": pane.page.case, "query": query}


def _asked(request: HttpRequest, principal: Principal) -> QueryDict:
    """Give the filters of the address, else those the person left his desk with."""
    if "clear" in request.GET or any(name in request.GET for name in NAMES):
        keep_view(principal, query_of(request.GET))
        return request.GET
    return QueryDict(last_view(principal))


def _valid(request: HttpRequest) -> DeskFilterForm:
    form = DeskFilterForm(request.GET)
    if not form.is_valid():
        raise Invalid("desk.filter", "筛选条件有误。", mend=first_error(form))
    return form


def _list(
    request: HttpRequest, principal: Principal, form: DeskFilterForm, query: str, opened: str
) -> dict[str, Any]:
    if not form.is_valid():
        return {"page_of": None, "query": query, "queues": [], "total": 0}
    now = timezone.now()
    found = queries.waiting(
        principal,
        form.wanted(),
        now,
        cursor=request.GET.get("cursor", ""),
        size=_size(request.GET.get("size", "")),
    )
    drafts = drafted(principal, [row.id for row in found.rows])
    return {
        "page_of": found,
        "lines": lines(found.rows, now, query=query, opened=opened, drafts=drafts),
        "query": query,
        "narrowed": form.narrowed,
        **_counted(principal, form.wanted(), query, form),
    }


def _counted(
    principal: Principal, wanted: CaseFilter, query: str, form: DeskFilterForm
) -> dict[str, Any]:
    found = queries.counts(principal, wanted, timezone.now())
    data = QueryDict(query)
    # What others lead, or have before them, is beside one's own, not among it.
    own = [one for one in found if one.state not in queries.BESIDE]
    total = sum(one.count for one in own)
    shown = [
        {"queue": one, "query": query_of(data, state=one.state), "key": position}
        for position, one in enumerate(found, 1)
    ]
    return {
        "queues": shown,
        "all_query": query_of(data, state="") or "clear=1",
        "state": form.cleaned_data["state"],
        "total": total,
        "late": sum(one.late for one in own),
    }


def _size(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else queries.SIZE

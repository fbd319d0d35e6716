"""The dispatcher's pages: the queue, one case's dispatch, many at once, and the facts behind a number."""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.domain.acting import act
from chengguan.cases.finding import find_case
from chengguan.cases.models import Case
from chengguan.core.errors import Invalid
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty_index import units
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from .candidates import facts_visible_to
from .domain.many import dispatch_certain
from .forms import dispatch_data, fact_filter
from .queries import MOST, DispatchView, dispatch_view, may_be_asked, queue, units_beside

_PAGE: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{19}")
_WHAT: Final = "办理派遣"


@login_required
@require_GET
def queue_page(request: HttpRequest) -> HttpResponse:
    """Show what awaits dispatch, the most urgent first."""
    need(request, Capability.DISPATCH, _WHAT)
    return _queue(request, [])


@login_required
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Dispatch the chosen cases whose duty is certain; the answer says for each what became of it."""
    need(request, Capability.DISPATCH, _WHAT)
    numbers = request.POST.getlist("case")
    if not numbers:
        raise Invalid("dispatch.none_chosen", "没有选中案件。", mend="请勾选要派遣的案件。")
    if not all(_NUMBER.fullmatch(one) for one in numbers):
        raise Invalid("dispatch.number", "案件编号应为十九位数字。", mend="请从派遣列表中勾选。")
    return _queue(request, dispatch_certain(principal_of_request(request), numbers))


@login_required
@require_GET
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case's dispatch: in the queue for htmx, else as a page of its own."""
    need(request, Capability.SEE_CASES, "查看派遣依据")
    principal = principal_of_request(request)
    view = dispatch_view(principal, find_case(principal, number), timezone.now())
    template = (
        "command/dispatch/case.html" if is_fragment(request) else "command/dispatch/page.html"
    )
    return render(request, template, _case_context(principal, view))


@login_required
@require_POST
def dispatch(request: HttpRequest, number: str) -> HttpResponse:
    """Dispatch one case, and show the queue again."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    seen = request.POST.get("seq", "")
    if seen.isascii() and seen.isdigit() and len(seen) < 10:
        case.seq = int(seen)
    act(case, "dispatch", principal, dispatch_data(request))
    unit = units().get(case.unit_id or 0)
    messages.success(request, f"已派遣：{case.number} → {unit.name if unit else ''}")
    return _onward(request, reverse("command:dispatch"))


@login_required
@require_GET
def facts(request: HttpRequest) -> HttpResponse:
    """Show the finished handlings behind a number, a hundred a page."""
    need(request, Capability.SEE_CASES, "查看环节事实")
    wanted = fact_filter(request)
    principal = principal_of_request(request)
    found = facts_visible_to(principal).filter(wanted.q())
    page = Paginator(found.order_by("-ended_at", "-id"), _PAGE).get_page(request.GET.get("page"))
    numbers = dict(
        Case.objects.filter(pk__in=[one.case_id for one in page]).values_list("pk", "number")
    )
    matter = catalogue.matter(wanted.kind, wanted.matter) if wanted.matter else None
    unit = units().get(wanted.unit or 0)
    context = {
        "page": page,
        "numbers": numbers,
        "unit": unit.name if unit else "",
        "matter": matter.name if matter else "",
        "since": wanted.since,
        "on_time": wanted.on_time,
        "sees_queue": principal.can(Capability.DISPATCH),
        "query": _query(request),
    }
    return render(request, "command/dispatch/facts.html", context)


def _queue(request: HttpRequest, outcomes: list[Any]) -> HttpResponse:
    now = timezone.now()
    lines = queue(principal_of_request(request), now)
    context = {
        "lines": lines,
        "now": now,
        "full": len(lines) == MOST,
        "certain": sum(line.certain for line in lines),
        "outcomes": outcomes,
        "done": sum(one.done for one in outcomes),
    }
    return render(request, "command/dispatch/queue.html", context)


def _case_context(principal: Principal, view: DispatchView) -> dict[str, Any]:
    case = view.case
    may = principal.can(
        Capability.DISPATCH, area_code=case.area_code, matter_code=case.matter_code or None
    )
    waiting = case.state == "awaiting_dispatch" and case.main_case_id is None
    others, every = units_beside(view)
    known = catalogue.matter(case.kind, case.matter_code) if case.matter_code else None
    return {
        "view": view,
        "case": case,
        "matter": known.name if known else case.matter_code,
        "choose": may and waiting,
        "sees_queue": principal.can(Capability.DISPATCH),
        "may_ask": may and waiting and may_be_asked(view),
        "others": others,
        "units": every,
    }


def _onward(request: HttpRequest, url: str) -> HttpResponse:
    if is_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)


def _query(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()

"""The inbox of requests: what waits for my decision, what I asked for, what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import DomainError, Invalid
from chengguan.ui.recipe.ticks import read_end, read_tick, ticked
from chengguan.ui.recipe.views import need
from chengguan.workflow.domain import current

from . import queries
from .domain.deciding import Chosen, Result, decide_each

TABS: Final = {"waiting": "待我审批", "mine": "我提出的", "decided": "近 30 天已审结"}


@login_required
@require_GET
def requests_page(request: HttpRequest) -> HttpResponse:
    """Show one tab of requests."""
    need(request, Capability.SEE_CASES, "查看申请")
    return render(request, "command/requests/page.html", _context(request))


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest) -> HttpResponse:
    """Decide the chosen requests with one word; the page says what became of each."""
    need(request, Capability.SEE_CASES, "审批申请")
    if request.method == "GET":
        # The address stands in the bar after a press; who enters it again wants the list.
        return redirect(f"{reverse('command:requests')}?{request.GET.urlencode()}")
    principal = principal_of_request(request)
    reason = request.POST.get("reason", "")
    try:
        granted = {"grant": True, "refuse": False}.get(request.POST.get("word", ""))
        if granted is None:
            raise Invalid("requests.word", "没有说明同意还是不同意。", mend="请重新选择。")
        chosen = [Chosen(*read_tick(one)) for one in request.POST.getlist("chosen")]
        results = decide_each(principal, chosen, granted, reason)
    except DomainError as error:
        context = _context(request) | {"refused": error, "reason": reason}
        return render(request, "command/requests/page.html", context, status=error.status)
    context = _context(request) | {"results": results, "kept": _kept(results)}
    order = current("case").requests[queries.ORDER].title
    context["answered"] = all(one.title in ("", order) for one in results)
    if context["kept"]:
        context["reason"] = reason
    return render(request, "command/requests/page.html", context)


def _context(request: HttpRequest) -> dict[str, Any]:
    principal, now = principal_of_request(request), timezone.now()
    tab = request.GET.get("tab", "waiting")
    if tab not in TABS:
        raise Invalid("requests.tab", "没有这一栏。", mend=f"可选 {'、'.join(TABS.values())}。")
    kind = request.GET.get("kind", "")
    if kind and kind not in current("case").requests:
        raise Invalid("requests.kind", f"没有申请种类“{kind[:40]}”。", field="kind")
    rows = _rows(principal, tab, now)
    counts = queries.counts(rows)
    after = read_end(request.GET.get("after", ""), timed=True)
    lines = queries.page(principal, rows, now, newest=tab != "waiting", after=after, kind=kind)
    return {
        "tab": tab,
        "tabs": TABS,
        "kind": kind,
        "counts": counts,
        "total": sum(number for _, _, number in counts),
        "answers": tab == "waiting" and queries.only_answers(counts),
        "lines": lines,
        "disputed": sum(number for one, _, number in counts if one in queries.DISPUTES)
        if tab == "waiting" and principal.can(Capability.LEAD)
        else 0,
        "now": now,
        "kept": ticked(request.POST.getlist("chosen")),
    }


def _rows(principal: Principal, tab: str, now: datetime) -> Any:
    if tab == "waiting":
        return queries.to_decide(principal)
    return queries.asked_by(principal, now) if tab == "mine" else queries.decided(principal, now)


def _kept(results: list[Result]) -> set[int]:
    return {one.request_id for one in results if not one.done}

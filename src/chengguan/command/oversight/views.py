"""The overseer's page: what is late, what was ordered and answered, and one word to several cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.domain.each import Chosen, act_on_each
from chengguan.core.errors import DomainError, Invalid
from chengguan.ui.recipe.ticks import read_end, read_tick, ticked
from chengguan.ui.recipe.views import need

from . import queries

#: The term that the form proposes for an answer.
_TERM: Final = timedelta(hours=24)
_GROUNDS: Final = {"late": "overdue", "key": "key"}
_PAGE: Final = "command/oversight/page.html"


@login_required
@require_GET
def oversight_page(request: HttpRequest) -> HttpResponse:
    """Show one tab of cases to oversee."""
    need(request, Capability.OVERSEE, "督办案件")
    return render(request, _PAGE, _context(request))


@login_required
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest) -> HttpResponse:
    """Urge the chosen cases, or order their oversight; the page says what became of each."""
    need(request, Capability.OVERSEE, "督办案件")
    if request.method == "GET":
        # The address stands in the bar after a press; who enters it again wants the list.
        tab = request.GET.get("tab", "")
        return redirect(
            f"{reverse('command:oversight')}{f'?tab={tab}' if tab in queries.TABS else ''}"
        )
    principal = principal_of_request(request)
    typed = {name: request.POST.get(name, "") for name in ("note", "answer_by", "ground")}
    try:
        verb, data = _asked(request)
        chosen = [Chosen(*read_tick(one)) for one in request.POST.getlist("chosen")]
        results = act_on_each(principal, chosen, verb, data)
    except DomainError as error:
        context = _context(request) | typed | {"refused": error}
        return render(request, _PAGE, context, status=error.status)
    kept = {one.case_id for one in results if not one.done}
    context = _context(request) | {"results": results, "kept": kept}
    return render(request, _PAGE, context | (typed if kept else {}))


def _context(request: HttpRequest) -> dict[str, Any]:
    principal, now = principal_of_request(request), timezone.now()
    tab = request.GET.get("tab", "late")
    if tab not in queries.TABS:
        raise Invalid(
            "oversight.tab", "没有这一栏。", mend=f"可选 {'、'.join(queries.TABS.values())}。"
        )
    counts = queries.counts(principal, now)
    after = read_end(request.GET.get("after", ""))
    return {
        "tab": tab,
        "tabs": [(name, title, counts[name]) for name, title in queries.TABS.items()],
        # Before a unit has it nobody could answer; what waits for its answer is ordered already.
        "may_order": tab not in ("early", "running"),
        "lines": queries.page(principal, tab, now, after),
        "now": now,
        "ground": _GROUNDS.get(tab, "leader"),
        "answer_by": timezone.localtime(now + _TERM).strftime("%Y-%m-%dT%H:%M"),
        "kept": ticked(request.POST.getlist("chosen")),
    }


def _asked(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    note = request.POST.get("note", "").strip()
    word = request.POST.get("word", "")
    if word not in ("urge", "oversee"):
        raise Invalid("oversight.word", "没有说明催办还是督办。", mend="请重新选择。")
    if not note:
        raise Invalid(
            "oversight.note", "没有填写意见。", mend="请写明催办意见或督办要求。", field="note"
        )
    if word == "urge":
        return "urge", {"note": note}
    ground = request.POST.get("ground", "")
    return "ask_oversight", {"reason": note, "ground": ground, "answer_by": _answer_by(request)}


def _answer_by(request: HttpRequest) -> datetime:
    try:
        at = parse_datetime(request.POST.get("answer_by", ""))
    except ValueError:
        at = None
    if at is None:
        raise Invalid(
            "oversight.answer_by", "答复期限有误。", mend="请选择日期和时间。", field="answer_by"
        )
    return timezone.make_aware(at) if timezone.is_naive(at) else at

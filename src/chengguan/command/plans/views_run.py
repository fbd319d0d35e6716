"""The pages of a run: the board with the tree, acts on a task, the log, the end and the report."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.core.errors import Invalid, NotFound
from chengguan.programmes.domain import act, assign_item, close, say
from chengguan.programmes.domain.running import leads
from chengguan.programmes.enums import ItemVerb
from chengguan.programmes.models import Programme
from chengguan.programmes.queries import lines, tree
from chengguan.ui.refusal import is_fragment

from ..enums import ReceiptVerb
from ..models import Order, OrderEvent
from ..orders.domain.reach import reachable_people, reachable_units
from . import errors, queries
from .report import report_of

_VERBS: Final = {ItemVerb.FINISH, ItemVerb.CANCEL}


@login_required
@require_GET
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show the board; the fragment is the tree and the log alone."""
    principal = principal_of_request(request)
    found = _run(principal, run_id)
    now = timezone.now()
    items = list(found.items.select_related("unit").order_by("position", "pk"))
    subjects = {f"programmes.item:{item.pk}": item.pk for item in items}
    orders = Order.objects.filter(subject__in=subjects).order_by("pk")
    lead = leads(principal, found)
    board = lines(items, now)
    context: dict[str, Any] = {
        "run": found,
        "now": now,
        "lines": board,
        "gaps": sum(bool(line.item.gap) and not line.item.is_over for line in board),
        "orders": {subjects[one.subject]: one.pk for one in orders},
        "progress": tree(found).progress(),
        "log": found.log.select_related("item").order_by("-at", "-pk")[:100],
        "leads": lead,
        "may_act": lead and found.closed_at is None,
        "here": reverse("command:plans-run", args=[found.pk]),
    }
    part = is_fragment(request)
    template = "command/plans/board.html" if part else "command/plans/run.html"
    return render(request, template, context)


@login_required
@require_GET
def assign_page(request: HttpRequest, run_id: int, item_id: int) -> HttpResponse:
    """Offer who may fill a gap or take a task over."""
    principal = principal_of_request(request)
    found = _run(principal, run_id)
    item = found.items.filter(pk=item_id).first()
    if item is None or not leads(principal, found):
        raise errors.no_plan()
    people = reachable_people(principal).order_by("name", "pk")
    context = {
        "run": found,
        "item": item,
        "units": reachable_units(principal).order_by("path").values_list("pk", "name"),
        "people": people.values_list("pk", "name", "organisation__name")[:300],
    }
    return render(request, "command/plans/assign.html", context)


@login_required
@require_POST
def act_on(request: HttpRequest, run_id: int, item_id: int, verb: str) -> HttpResponse:
    """Finish or cancel a task on the board, or name who does it."""
    principal = principal_of_request(request)
    found = _run(principal, run_id)
    if not found.items.filter(pk=item_id).exists():
        raise errors.no_plan()
    now = timezone.now()
    if verb == "assign":
        unit_id, user_id, name = _chosen(principal, request.POST.get("owner", ""))
        assign_item(principal, item_id, owner_id=user_id, unit_id=unit_id, name=name, at=now)
    elif verb in _VERBS:
        act(principal, item_id, ItemVerb(verb), now, words=request.POST.get("note", ""))
    else:
        raise NotFound("plans.verb", "没有这个动作。", mend="请回到看板。")
    return redirect("command:plans-run", run_id)


@login_required
@require_POST
def note(request: HttpRequest, run_id: int) -> HttpResponse:
    """Write a line into the log."""
    principal = principal_of_request(request)
    _run(principal, run_id)
    say(principal, run_id, request.POST.get("note", ""), timezone.now())
    return redirect("command:plans-run", run_id)


@login_required
@require_POST
def end(request: HttpRequest, run_id: int) -> HttpResponse:
    """End a run; its report follows."""
    principal = principal_of_request(request)
    _run(principal, run_id)
    found = close(principal, run_id, request.POST.get("outcome", ""), timezone.now())
    messages.success(request, f"已结束：{found.title}")
    return redirect("command:plans-report", run_id)


@login_required
@require_GET
def report(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show each task's times against the plan, and a drill's score."""
    found = _run(principal_of_request(request), run_id)
    items = list(found.items.values_list("pk", flat=True))
    subjects = {f"programmes.item:{pk}": pk for pk in items}
    refused = OrderEvent.objects.filter(
        verb=ReceiptVerb.REFUSE, order__subject__in=subjects
    ).values_list("order__subject", flat=True)
    context = {"run": found, "report": report_of(found, [subjects[one] for one in refused])}
    return render(request, "command/plans/report.html", context)


def _run(principal: Principal, run_id: int) -> Programme:
    found = queries.runs_visible_to(principal).filter(pk=run_id).first()
    if found is None:
        raise errors.no_plan()
    return found


def _chosen(principal: Principal, text: str) -> tuple[int | None, int | None, str]:
    kind, _, number = text.partition(":")
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    if kind == "unit":
        unit = reachable_units(principal).filter(pk=pk).first()
        if unit is not None:
            return unit.pk, None, unit.name
    if kind == "person":
        person = reachable_people(principal).filter(pk=pk).first()
        if person is not None:
            return None, person.pk, person.name
    raise Invalid(
        "plans.owner", "请选择责任方。", field="owner", mend="只能指定指挥范围内的单位或人员。"
    )

"""The page on which a plan is written and changed; it works without a script."""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import DomainError
from chengguan.ui.recipe.views import need

from ..models import PlanTemplate
from . import errors, queries
from .domain import editing
from .domain.keeping import may_write
from .domain.template import HEADS, LEVELS, MOST, Head, of_content
from .forms import HeadForm

_MOVE: Final = re.compile(r"(up|down|drop)-([0-9]{1,3})")
_COUNT: Final = re.compile(r"[0-9]{1,4}")
_CELL: Final = 2_000
_MORE: Final = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Write a new plan."""
    need(request, Capability.LEAD, "编制预案")
    return _page(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Change a plan: always its newest version."""
    need(request, Capability.LEAD, "编制预案")
    principal = principal_of_request(request)
    seen = queries.plans_visible_to(principal)
    found = seen.filter(pk=plan_id).first()
    newest = found and seen.filter(code=found.code).order_by("-version").first()
    if found is None or newest is None:
        raise errors.no_plan()
    if not may_write(principal, newest.area_code):
        raise errors.may_not("编制这个区域的预案", "该区域的值班指挥长或领导")
    if newest.pk != found.pk and request.method != "POST":
        return redirect("command:plans-edit", newest.pk)
    return _page(request, newest)


def _page(request: HttpRequest, plan: PlanTemplate | None) -> HttpResponse:
    principal = principal_of_request(request)
    known = editing.owners()
    given = {"code": plan.code, "name": plan.name, "basis": plan.basis} if plan else {}
    saving = request.POST.get("do") == "save"
    # Rows can be added before the plan has a name.
    typed = {name: request.POST[name] for name in HeadForm.base_fields if name in request.POST}
    form = HeadForm(
        request.POST if saving else None, initial=given | typed, fixed=plan.code if plan else ""
    )
    refused: list[DomainError] = []
    if request.method == "POST":
        rows = _typed(request)
        if saving:
            kept = _saved(principal, plan, form, rows, request.POST.get("opened_on", ""), refused)
            if kept is not None:
                messages.success(request, f"已保存：{kept}")
                return redirect("command:plans-plan", kept.pk)
    else:
        rows = editing.rows_of(of_content(plan.content), known) if plan else []
    spare = _MORE if request.POST.get("do") == "more" or not rows else editing.SPARE
    faults: dict[int, list[str]] = {}
    for one in refused:
        faults.setdefault(one.row or 0, []).append(str(one))
    context: dict[str, Any] = {
        "plan": plan,
        "form": form,
        "lines": editing.lines(editing.spared(rows, spare), faults),
        "filled": len(rows),
        "owners": known,
        "keys": [row[0] for row in rows if row[0]],
        "heads": HEADS,
        "levels": LEVELS,
        "refused": refused,
        "opened_on": request.POST.get("opened_on", editing.stamp(plan)),
        "versions": _versions(principal, plan),
    }
    status = refused[0].status if refused else 422 if form.errors else 200
    return render(request, "command/plans/edit.html", context, status=status)


def _saved(
    principal: Principal,
    plan: PlanTemplate | None,
    form: HeadForm,
    rows: list[editing.Row],
    opened_on: str,
    refused: list[DomainError],
) -> PlanTemplate | None:
    if not form.is_valid():
        return None
    said = form.cleaned_data
    head = Head(plan.code if plan else said["code"], said["name"], said["basis"])
    area = plan.area_code if plan else _area(principal)
    try:
        return editing.keep_typed(principal, head, rows, opened_on=opened_on, area_code=area)
    except DomainError as error:
        # All that was typed stays on the page, with each fault at its row.
        refused += [error, *error.also]
        return None


def _typed(request: HttpRequest) -> list[editing.Row]:
    """Read the rows as typed, after what the pressed button does to them."""
    said = request.POST.get("rows", "")
    count = min(int(said), MOST + _MORE) if _COUNT.fullmatch(said) else 0
    rows = [
        [request.POST.get(f"{column}-{number}", "").strip()[:_CELL] for column in range(len(HEADS))]
        for number in range(1, count + 1)
    ]
    pressed = _MOVE.fullmatch(request.POST.get("do", ""))
    if pressed:
        verb, number = pressed[1], int(pressed[2])
        if verb == "drop":
            rows = [row for place, row in enumerate(rows, 1) if place != number]
        else:
            rows = editing.moved(rows, number, -1 if verb == "up" else 1)
    return editing.numbered(rows)


def _versions(principal: Principal, plan: PlanTemplate | None) -> list[PlanTemplate]:
    if plan is None:
        return []
    rows = queries.plans_visible_to(principal).filter(code=plan.code).defer("content")
    return list(rows.order_by("-version")[:20])


def _area(principal: Principal) -> str:
    return next((held.area_code for held in principal.holding(Capability.LEAD)), "")

"""The pages of plans: what there is, one plan, bringing one in, starting it."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import xlsxwriter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.ui.recipe.export import safe
from chengguan.ui.recipe.views import need

from ..models import PlanTemplate
from ..orders.domain.reach import commands
from . import errors, queries
from .domain.keeping import keep_plan, may_write, read_file
from .domain.starting import preview, start_plan
from .domain.template import HEADS, LEVELS, Head, of_content
from .forms import ImportForm, StartForm
from .queries_schedule import schedule_lines

_WHAT: Final = "查看应急预案"


@login_required
@require_GET
def plans(request: HttpRequest) -> HttpResponse:
    """Show the plans, and the runs with drills apart."""
    need(request, Capability.ORDER, _WHAT)
    principal = principal_of_request(request)
    now = timezone.now()
    kind = request.GET.get("runs", "")
    drill = {"real": False, "drill": True}.get(kind)
    context = {
        "plans": queries.newest_plans(principal),
        "runs": queries.run_list(principal, now, drill=drill),
        "counts": queries.run_counts(principal),
        "kind": kind,
        "may_write": principal.can(Capability.LEAD),
        "schedules": schedule_lines(principal, now),
    }
    return render(request, "command/plans/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show a plan with who would do what now, and start it."""
    need(request, Capability.ORDER, _WHAT)
    principal = principal_of_request(request)
    found = _plan(principal, plan_id)
    may_real = may_write(principal, found.area_code)
    form = StartForm(
        request.POST or None,
        initial={"level": request.GET.get("level", "IV")},
        area_code=found.area_code,
        may_real=may_real,
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        run = start_plan(
            principal,
            found.pk,
            level=said["level"],
            drill=said["mode"] != "real",
            area_code=said["area"],
            place=said["place"],
        )
        messages.success(request, f"已启动：{run.title}")
        return redirect("command:plans-run", run.pk)
    now = timezone.now()
    level = request.GET.get("level", "")
    level = level if level in LEVELS else "IV"
    context = {
        "plan": found,
        "form": form,
        "level": level,
        "levels": LEVELS,
        "lines": preview(principal, found, level, found.area_code, now),
        "may_real": may_real,
        "may_here": commands(principal, found.area_code),
        "schedules": schedule_lines(principal, now, plan_code=found.code),
    }
    status = 422 if form.errors else 200
    return render(request, "command/plans/plan.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest) -> HttpResponse:
    """Bring a plan in from a file; every faulty row is told, and nothing is kept then."""
    need(request, Capability.LEAD, "编制预案")
    principal = principal_of_request(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    faults: list[Any] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        head = Head(said["code"], said["name"], said["basis"])
        try:
            head, tasks = read_file(said["file"].name, said["file"].read(), head)
            kept = keep_plan(principal, head, tasks, area_code=_area(principal))
        except Invalid as error:
            faults = [error, *error.also]
        else:
            messages.success(request, f"已保存：{kept}")
            return redirect("command:plans-plan", kept.pk)
    status = 422 if form.errors or faults else 200
    context = {"form": form, "faults": faults, "heads": HEADS}
    return render(request, "command/plans/import.html", context, status=status)


@login_required
@require_GET
def table(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Answer a plan's tasks as the XLSX that the import reads."""
    need(request, Capability.ORDER, _WHAT)
    found = _plan(principal_of_request(request), plan_id)
    place = BytesIO()
    with xlsxwriter.Workbook(place, {"in_memory": True}) as book:
        sheet = book.add_worksheet("任务")
        sheet.write_row(0, 0, HEADS, book.add_format({"bold": True}))
        for number, task in enumerate(of_content(found.content), 1):
            cells = (
                task.key,
                task.parent,
                task.title,
                task.owner_text,
                str(task.minutes or ""),
                ",".join(task.requires),
                ",".join(task.levels),
                ";".join(task.checklist),
                task.say,
            )
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, str(safe(cell)))
        sheet.set_column(2, 3, 30)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(place.getvalue(), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{found.code}-{found.version}.xlsx"'
    return response


def _plan(principal: Principal, plan_id: int) -> PlanTemplate:
    found = queries.plans_visible_to(principal).filter(pk=plan_id).first()
    if found is None:
        raise errors.no_plan()
    return found


def _area(principal: Principal) -> str:
    return next((held.area_code for held in principal.holding(Capability.LEAD)), "")

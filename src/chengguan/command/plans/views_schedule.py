"""The pages of a plan that starts itself: the form with the next five starts, the schedule, its ends."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation
from chengguan.core.errors import Invalid, NotFound
from chengguan.ui.recipe.views import need

from ..enums import ScheduleState
from ..models import PlanSchedule
from ..orders.domain.reach import commands
from . import errors, queries, queries_schedule
from .domain import scheduling
from .domain.keeping import may_write
from .domain.starting import preview
from .domain.timetable import Ahead, ahead
from .forms_schedule import ScheduleForm

_WHAT = "查看应急预案"


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show the form; once the next five starts have been seen as they are, keep the schedule.

    "seen" carries the starts that were shown: where they are others by now, they are shown again.
    """
    need(request, Capability.ORDER, _WHAT)
    principal = principal_of_request(request)
    plan = queries.plans_visible_to(principal).filter(pk=plan_id).first()
    if plan is None:
        raise errors.no_plan()
    if not commands(principal, plan.area_code):
        raise errors.may_not("设定这份预案的定期启动", "该区域的值班指挥长")
    may_real = may_write(principal, plan.area_code)
    first = {"valid_from": timezone.localdate(), "on_day_off": "skip"}
    form = ScheduleForm(request.POST or None, initial=first, plan=plan, may_real=may_real)
    context: dict[str, Any] = {"plan": plan, "form": form, "chosen": _chosen(request)}
    if request.method == "POST" and form.is_valid():
        terms, now = form.terms(), timezone.now()
        try:
            found = scheduling.check(plan, terms, now)
            if request.POST.get("step") == "save" and request.POST.get("seen") == _shown(found):
                made = scheduling.switch_on(principal, plan.pk, terms, at=now)
                messages.success(request, "已启用定期启动。")
                return redirect("command:plans-schedule", made.pk)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            area = terms.area_code or plan.area_code
            context |= {
                "ahead": found,
                "seen": _shown(found),
                "again": request.POST.get("step") == "save",
                "words": queries_schedule.said(
                    terms.rhythm, terms.days, f"{terms.begin:%H:%M}", terms.on_day_off
                ),
                "lines": [
                    (task, owner)
                    for task, owner in preview(principal, plan, terms.level, area, now)
                    if owner
                ],
            }
    status = 422 if form.errors else 200
    return render(request, "command/plans/schedule_new.html", context, status=status)


@login_required
@require_GET
def schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Show a schedule: its days, what comes next, what became of each start."""
    principal = principal_of_request(request)
    found = _schedule(principal, schedule_id)
    now = timezone.now()
    plan = scheduling.newest(found.plan_code)
    is_on = found.state == ScheduleState.ON
    context = {
        "schedule": found,
        "plan": plan,
        "words": queries_schedule.words(found),
        "area": queries_schedule.area_name(found.area_code),
        "lead": Organisation.objects.filter(pk=found.lead_unit).first()
        if found.lead_unit
        else None,
        "ahead": ahead(scheduling.rule_of(found), found.begin, now) if is_on else None,
        "starts": queries_schedule.start_lines(found, now),
        "may_keep": found.state != ScheduleState.ENDED and scheduling.may_keep(principal, found),
        "is_on": is_on,
    }
    return render(request, "command/plans/schedule.html", context)


@login_required
@require_POST
def act_on(request: HttpRequest, schedule_id: int, verb: str) -> HttpResponse:
    """Pause, resume or end a schedule."""
    principal = principal_of_request(request)
    _schedule(principal, schedule_id)
    reason = request.POST.get("reason", "")
    if verb == "pause":
        scheduling.pause(principal, schedule_id, reason)
        messages.success(request, "已暂停定期启动。")
    elif verb == "resume":
        scheduling.resume(principal, schedule_id)
        messages.success(request, "已恢复定期启动，今后由您负责。")
    elif verb == "end":
        scheduling.end(principal, schedule_id, reason)
        messages.success(request, "已终止定期启动。")
    else:
        raise NotFound("plans.verb", "没有这个动作。", mend="请回到定期启动的页面。")
    return redirect("command:plans-schedule", schedule_id)


def _schedule(principal: Principal, schedule_id: int) -> PlanSchedule:
    found = queries_schedule.schedules_visible_to(principal).filter(pk=schedule_id).first()
    if found is None:
        raise errors.no_schedule()
    return found


def _shown(found: Ahead) -> str:
    return ",".join(one.at.isoformat() for one in found.starts)


def _chosen(request: HttpRequest) -> list[str]:
    return request.POST.getlist("weekdays")

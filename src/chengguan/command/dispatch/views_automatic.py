"""Automatic dispatch's own pages: looking again without the machine's answer."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import chain
from chengguan.ui.recipe.views import need

from ..models import AutomaticDispatch
from . import errors
from .domain.automatic import DISPATCHING
from .domain.judging import judge as judge_one
from .forms import number
from .history import tried
from .pages import MachinePages, name_of


def _to_judge(principal: Principal) -> Any:
    scope = scope_q(principal, Capability.DISPATCH, matter="matter_code")
    return AutomaticDispatch.objects.filter(scope, drawn=True, verdict="")


PAGES: Final = MachinePages(
    machine=DISPATCHING,
    tried=tried,
    names={
        "home": "command:dispatch-automatic",
        "on": "command:dispatch-automatic-on",
        "history": "command:dispatch-history",
        "rows": "command:dispatch-automatic-rows",
        "recheck": "command:dispatch-recheck",
        "rule": "command:dispatch-automatic-rule",
        "off": "command:dispatch-automatic-off",
    },
    templates={
        "rows": "command/dispatch/rows.html",
        "history": "command/dispatch/history_rows.html",
    },
    words={
        "what": "只派权责、属主或先例唯一确定的新案件；空白、冲突、退回、返工、重点、督办的案件一律由人派遣。",
        "weeks": "近 8 周，按事项和所依据的规则",
        "compared": "立案时的权责若直接采用，是否就是最后处置的单位",
        "counted": "办结",
        "history": "权责的答案与实际处置单位",
        "unsure": "不能确定",
    },
    to_judge=_to_judge,
)


@login_required
@require_GET
def recheck(request: HttpRequest) -> HttpResponse:
    """Show the next drawn case without the machine's answer."""
    need(request, Capability.DISPATCH, "复核自动派遣")
    principal = principal_of_request(request)
    waiting = _to_judge(principal)
    one = waiting.order_by("at", "id").first()
    case = Case.objects.filter(pk=one.case_id).first() if one else None
    chosen = sorted((unit for unit in units().values() if unit.active), key=lambda unit: unit.path)
    context = {
        "one": one,
        "case": case,
        "left": waiting.count(),
        "name": name_of(one.kind, one.matter_code) if one else "",
        "areas": chain(case.area_code) if case else [],
        "units": chosen,
    }
    return render(request, "command/dispatch/recheck.html", context)


@login_required
@require_POST
def judge(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    """Take what a dispatcher would have chosen, then tell him what the machine chose."""
    principal = principal_of_request(request)
    one = _to_judge(principal).select_related("rule").filter(pk=dispatch_id).first()
    if one is None:
        raise errors.already_judged()
    unit = number(request.POST.get("unit", ""), "unit", "单位")
    if unit is None:
        raise errors.wrong_value("unit", "请选择单位。", "从列表中选择您会派给的单位。")
    verdict = judge_one(one, principal, unit=unit, note=request.POST.get("note", ""))
    known = units()
    machine = known[one.unit_id].name if one.unit_id in known else ""
    words = (
        f"与自动派遣一致（{machine}）。"
        if verdict == "right"
        else f"与自动派遣不一致：系统派给{machine}。"
    )
    (messages.success if verdict == "right" else messages.warning)(request, f"已复核，{words}")
    return redirect("command:dispatch-recheck")

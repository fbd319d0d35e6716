"""Pages of automatic dispatch: switching by what history says, weekly accuracy, looking again."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.cases.places import home_area
from chengguan.cases.queries import rows_of
from chengguan.core.errors import DomainError
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import chain
from chengguan.ui.recipe.views import need

from ..models import AutomaticDispatch, AutomaticRule
from . import accuracy, errors
from .domain.judging import judge as judge_one
from .domain.switching import switch_off, switch_on
from .forms import day, matter_of, number
from .history import MOST, by_matter, tried

_PAGE: Final = 100
_SEES: Final = (Capability.AUTOMATE, Capability.DISPATCH)


@login_required
@require_GET
def automatic(request: HttpRequest) -> HttpResponse:
    """Show what is on, what it did week by week, and which matters history would allow."""
    _need_either(request)
    principal = principal_of_request(request)
    now = timezone.now()
    area = _area(request, principal)
    found = tried(principal, now, area=area)
    on = {
        (rule.kind, rule.matter_code): rule
        for rule in AutomaticRule.objects.filter(_rules_seen(principal), off_at=None)
        if area.startswith(rule.area_code) or rule.area_code.startswith(area)
    }
    context = {
        "area": area,
        "area_name": "".join(one.name for one in chain(area)[-2:]),
        "rules": [_rule_line(rule, principal) for rule in on.values()],
        "tallies": [
            {
                "tally": one,
                "name": _name(one.kind, one.matter),
                "on": on.get((one.kind, one.matter)),
            }
            for one in by_matter(found)
        ],
        "looked_at": len(found),
        "cut": len(found) == MOST,
        "weeks": [
            {"line": one, "name": _name(one.kind, one.matter)}
            for one in accuracy.by_week(principal, now)
        ],
        "off": [_rule_line(rule, principal) for rule in _lately_off(principal, area)],
        "may_switch": principal.can(Capability.AUTOMATE, area_code=area),
        "may_judge": principal.can(Capability.DISPATCH),
        "to_judge": _to_judge(principal).count(),
    }
    return render(request, "command/dispatch/automatic.html", context)


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Show the cases behind a share of history: what the rules answered, and who handled each."""
    _need_either(request)
    principal = principal_of_request(request)
    kind, code = matter_of(request.GET.get("matter", ""))
    area = _area(request, principal)
    found = tried(principal, timezone.now(), area=area, kind=kind, matter=code)
    outcome = request.GET.get("outcome", "")
    if outcome:
        found = [one for one in found if one.outcome == outcome]
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "name": _name(kind, code),
        "area": area,
        "outcome": outcome,
        "units": {key: one.name for key, one in units().items()},
        "query": _query(request),
    }
    return render(request, "command/dispatch/history.html", context)


@login_required
@require_POST
def turn_on(request: HttpRequest) -> HttpResponse:
    """Switch a matter on in an area."""
    kind, code = matter_of(request.POST.get("matter", ""))
    share = number(request.POST.get("share", "5"), "share", "复核比例")
    rule = switch_on(
        principal_of_request(request),
        kind=kind,
        matter=code,
        area=request.POST.get("area", ""),
        share=5 if share is None else share,
    )
    messages.success(request, f"已开启自动派遣：{_name(kind, code)}（{rule.area_code}）。")
    return redirect("command:dispatch-automatic")


@login_required
@require_GET
def rule_page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Show one rule, what it dispatched and what became of it; the rows of every number."""
    _need_either(request)
    principal = principal_of_request(request)
    rule = _rule(principal, rule_id)
    rows = accuracy.rows_of(principal, rule=rule.pk, outcome=request.GET.get("outcome", ""))
    context = {
        **_listed(request, rows),
        **_rule_line(rule, principal),
        "may_switch": rule.off_at is None
        and principal.can(
            Capability.AUTOMATE, area_code=rule.area_code, matter_code=rule.matter_code
        ),
    }
    return render(request, "command/dispatch/automatic_rule.html", context)


@login_required
@require_POST
def turn_off(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Switch a rule off with a reason."""
    principal = principal_of_request(request)
    rule = _rule(principal, rule_id)
    switch_off(principal, rule, reason=request.POST.get("reason", ""))
    messages.success(request, "已关闭该规则的自动派遣。")
    return redirect("command:dispatch-automatic-rule", rule_id)


@login_required
@require_GET
def dispatches(request: HttpRequest) -> HttpResponse:
    """Show the automatic dispatches behind a number of the weekly table."""
    _need_either(request)
    asked = request.GET
    rows = accuracy.rows_of(
        principal_of_request(request),
        week=day(asked.get("week", ""), "week"),
        matter=asked.get("matter", ""),
        basis=asked.get("basis", ""),
        outcome=asked.get("outcome", ""),
    )
    return render(request, "command/dispatch/dispatches.html", _listed(request, rows))


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
        "name": _name(one.kind, one.matter_code) if one else "",
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


def _need_either(request: HttpRequest) -> None:
    principal = principal_of_request(request)
    if not any(principal.can(one) for one in _SEES):
        need(request, Capability.AUTOMATE, "查看自动派遣")


def _rule(principal: Principal, rule_id: int) -> AutomaticRule:
    found = AutomaticRule.objects.filter(pk=rule_id).first()
    if found is None or not any(principal.can(one, area_code=found.area_code) for one in _SEES):
        raise errors.no_such("条规则")
    return found


def _to_judge(principal: Principal) -> Any:
    scope = scope_q(principal, Capability.DISPATCH, matter="matter_code")
    return AutomaticDispatch.objects.filter(scope, drawn=True, verdict="")


def _rules_seen(principal: Principal) -> Q:
    """Give the condition on the rules of areas where he switches or dispatches, as `_rule` has it."""
    whole = Q(pk__in=[])
    for one in _SEES:
        whole |= scope_q(principal, one)
    return whole


def _lately_off(principal: Principal, area: str) -> Any:
    off = AutomaticRule.objects.filter(
        _rules_seen(principal), off_at__isnull=False, area_code__startswith=area
    )
    return off.order_by("-off_at")[:20]


def _rule_line(rule: AutomaticRule, principal: Principal) -> dict[str, Any]:
    right, wrong, all_ = accuracy.of_rule(rule, principal)
    return {
        "rule": rule,
        "name": _name(rule.kind, rule.matter_code),
        "area_name": "".join(one.name for one in chain(rule.area_code)[-2:]),
        "right": right,
        "wrong": wrong,
        "all": all_,
        "percent": f"{right * 100 / (right + wrong):.1f}%" if right + wrong else "—",
    }


def _listed(request: HttpRequest, rows: Any) -> dict[str, Any]:
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    cases = {row.id: row for row in rows_of([one.case_id for one in page], timezone.now())}
    return {
        "page": page,
        "cases": cases,
        "units": {key: one.name for key, one in units().items()},
        "outcomes": accuracy.OUTCOMES,
        "outcome": request.GET.get("outcome", ""),
        "query": _query(request),
    }


def _area(request: HttpRequest, principal: Principal) -> str:
    """Read the area asked for, else that of the person's post, else the whole city's."""
    asked = request.GET.get("area", "")
    if asked:
        if not (asked.isascii() and asked.isdigit() and len(asked) in (6, 9, 12)):
            raise errors.wrong_value(
                "area", "区域应为区、街道或社区的代码。", "请填 6、9 或 12 位代码。"
            )
        return asked
    for one in (Capability.AUTOMATE, Capability.DISPATCH):
        for held in principal.holding(one):
            if held.area_code:
                return held.area_code[:12]
    try:
        return home_area()
    except DomainError:
        return ""


def _name(kind: str, code: str) -> str:
    known = catalogue.matter(kind, code)
    return known.name if known else code


def _query(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()

"""The pages of deployments across towns: the list, a request, one with its decision and its end."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.queries import cases_visible_to
from chengguan.core.errors import Invalid
from chengguan.registry.domain.towns import town_name, town_of
from chengguan.ui.recipe.ticks import read_end
from chengguan.ui.recipe.views import need

from ..enums import DeploymentState
from ..models import Deployment
from ..orders import posting
from ..orders.domain.lending import towns_of
from . import errors, queries
from .domain.asking import Asked, ask, others
from .domain.deciding import decide, finish, may_decide, may_end
from .forms import AskForm

_WHAT: Final = "查看跨镇域调配"
_OPEN: Final = {DeploymentState.PENDING, DeploymentState.APPROVED, DeploymentState.ACTIVE}


@login_required
@require_GET
def deployments(request: HttpRequest) -> HttpResponse:
    """Show the deployments of one's towns or county."""
    need(request, Capability.ORDER, _WHAT)
    principal = principal_of_request(request)
    now = timezone.now()
    tab = request.GET.get("tab", "")
    tab = tab if tab in queries.TABS else ""
    end = read_end(request.GET.get("after", ""))
    rows = queries.deployment_list(principal, tab, now, before=end[1] if end else None)
    shown = rows[: queries.SIZE]
    orders, cases = queries.under([one.pk for one in shown])
    context = {
        "lines": [
            {
                "row": one,
                "state": one.state(now),
                "town": town_name(one.town),
                "lenders": "、".join(town_name(code) for code in one.lenders),
                "orders": orders[one.pk],
                "cases": cases[one.pk],
            }
            for one in shown
        ],
        "tab": tab,
        "tabs": queries.TABS.items(),
        "waiting": queries.waiting(principal, now),
        "older": shown[-1].pk if len(rows) > queries.SIZE else None,
        "may_ask": bool(towns_of(principal)),
        "now": now,
    }
    return render(request, "command/deployments/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for forces of other towns."""
    need(request, Capability.ORDER, "申请跨镇域调配")
    principal = principal_of_request(request)
    towns = towns_of(principal)
    if not towns:
        raise errors.no_town()
    first = {"case": request.GET.get("case", "")[:19], "town": towns[0]}
    choices = [(code, town_name(code)) for code in towns]
    form = AskForm(request.POST or None, initial=first, towns=choices)
    chosen = posting.ids(request.POST or request.GET, "unit")
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        asked = Asked(
            units=chosen,
            title=said["title"],
            reason=said["reason"],
            begins_at=said["begins_at"],
            ends_at=said["ends_at"],
            text=said["text"],
            place=said["place"],
            case_number=said["case"],
            town=said["town"],
        )
        try:
            made = ask(principal, asked)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"已申请：{made.title}")
            return redirect("command:deployments-detail", made.pk)
    town = request.POST.get("town") or towns[0]
    offered = others(town if town in towns else towns[0])
    groups = [
        (town_name(code), [(one.pk, one.name) for one in rows])
        for code, rows in groupby(offered, key=lambda one: town_of(one.area_code))
    ]
    context = {"form": form, "groups": groups, "chosen": chosen, "many": len(towns) > 1}
    status = 422 if form.errors else 200
    return render(request, "command/deployments/new.html", context, status=status)


@login_required
@require_GET
def detail(request: HttpRequest, deployment_id: int) -> HttpResponse:
    """Show a deployment with its decision, its orders and its cases."""
    principal = principal_of_request(request)
    one = _seen(principal, deployment_id)
    return render(request, "command/deployments/detail.html", _detail(principal, one))


@login_required
@require_POST
def act_on(request: HttpRequest, deployment_id: int, verb: str) -> HttpResponse:
    """Approve, refuse, take back or end a deployment; a refusal of ours is said above the page."""
    principal = principal_of_request(request)
    one = _seen(principal, deployment_id)
    words = request.POST.get("words", "")
    try:
        if verb in ("approve", "refuse"):
            decide(principal, one.pk, approve=verb == "approve", words=words)
            messages.success(request, "已批准。" if verb == "approve" else "已不予批准。")
        elif verb == "end":
            finish(principal, one.pk, words)
            messages.success(request, "已结束。" if one.approved_at else "已撤回申请。")
        else:
            raise errors.unknown()
    except Invalid as error:
        context = _detail(principal, one) | {"fault": str(error), "words": words}
        return render(request, "command/deployments/detail.html", context, status=422)
    return redirect("command:deployments-detail", one.pk)


def _detail(principal: Principal, one: Deployment) -> dict[str, Any]:
    now = timezone.now()
    state = one.state(now)
    deciding = state == DeploymentState.PENDING and may_decide(principal, one)
    return {
        "one": one,
        "state": state,
        "town": town_name(one.town),
        "lenders": "、".join(town_name(code) for code in one.lenders),
        "orders": queries.orders_under(principal, one, now),
        "cases": queries.cases_under(principal, one),
        "sees_case": cases_visible_to(principal).filter(number=one.case_number).exists(),
        "may_decide": deciding,
        "beside": queries.beside(one) if deciding else [],
        "may_end": state in _OPEN and may_end(principal, one),
        "now": now,
    }


def _seen(principal: Principal, deployment_id: int) -> Deployment:
    found = queries.deployments_visible_to(principal).filter(pk=deployment_id).first()
    if found is None:
        raise errors.unknown()
    return found

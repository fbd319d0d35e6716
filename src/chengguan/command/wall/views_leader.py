"""The leader's page, on a phone or a desk, and 督办 from a row of it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.ui.recipe.views import need

from ..navigation import LEADERS
from . import leading


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the six numbers, their trend, what needs the leader, and the areas below."""
    need(request, Capability.SEE_CASES, "查看领导驾驶舱")
    principal = principal_of_request(request)
    if not any(map(principal.can, LEADERS)):
        raise NotAllowed(
            "leader.not_allowed",
            "领导驾驶舱只给审批、督办和带班的岗位。",
            mend="如确需查看，请联系安全管理员授予岗位。",
        )
    window, area = request.GET.get("window", "7d"), request.GET.get("area", "")
    found = leading.page_of(principal, window, area)
    context = {"page": found, "board": found.board, "now": found.board.at, "reason": leading.REASON}
    return render(request, "command/wall/leader.html", context)


@login_required
@require_POST
def oversee(request: HttpRequest) -> HttpResponse:
    """Ask for an answer on one overdue case, and go back to where the row was."""
    principal = principal_of_request(request)
    number = request.POST.get("number", "")
    if len(number) != 19 or not (number.isascii() and number.isdigit()):
        raise Invalid(
            "leader.number",
            "案件编号应为十九位数字。",
            mend="请从清单里的一行督办。",
            field="number",
        )
    case = leading.oversee(principal, number, request.POST.get("reason", "").strip()[:500])
    messages.success(request, f"已督办：{case.number}，单位须在二十四小时内答复。")
    back = {name: request.POST[name] for name in ("window", "area") if request.POST.get(name)}
    return redirect(f"{reverse('command:leader')}?{urlencode(back)}")

"""The arbiter's pages: disputes that wait, rulings with their uses, one ruling and what it changed."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.queries import rows_of
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.precedents import revoke_precedent
from chengguan.registry.models import Precedent
from chengguan.registry.queries import precedents_visible_to
from chengguan.ui.recipe.views import need

from .errors import no_such
from .rulings import disputes, like_cases, part_of, precedents, uses_visible_to

_PAGE: Final = 100
_PARTS: Final = {"uses": "按本先例派遣", "before": "裁定前 90 天", "after": "裁定后 90 天"}


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the disputes that wait for this person's ruling, each with its history."""
    need(request, Capability.LEAD, "裁定争议")
    now = timezone.now()
    found = disputes(principal_of_request(request), now)
    return render(request, "command/dispatch/rulings.html", {"disputes": found, "now": now})


@login_required
@require_GET
def precedent_list(request: HttpRequest) -> HttpResponse:
    """Show the rulings with how often each was followed."""
    need(request, Capability.SEE_REGISTRY, "查看裁定先例")
    now = timezone.now()
    today = timezone.localdate(now)
    lines = [
        {
            "ruling": one,
            "uses": uses,
            "matter": _matter(one),
            "status": _status(one, today),
        }
        for one, uses in precedents(principal_of_request(request))
    ]
    return render(request, "command/dispatch/precedents.html", {"lines": lines})


@login_required
@require_GET
def precedent_page(request: HttpRequest, precedent_id: int) -> HttpResponse:
    """Show one ruling: its uses, and like cases before and after it."""
    need(request, Capability.SEE_REGISTRY, "查看裁定先例")
    principal = principal_of_request(request)
    ruling = _ruling(principal, precedent_id)
    part = request.GET.get("part", "uses")
    if part not in _PARTS:
        part = "uses"
    uses = uses_visible_to(principal).filter(precedent_id=ruling.pk)
    ids: Any = uses.values_list("case_id", flat=True)
    if part != "uses":
        alike = like_cases(principal, ruling, part).order_by("-filed_at", "-id")
        alike = alike.filter(returns__gte=2) if request.GET.get("twice") else alike
        ids = alike.values_list("pk", flat=True)
    page = Paginator(ids, _PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        "ruling": ruling,
        "matter": _matter(ruling),
        "status": _status(ruling, timezone.localdate(now)),
        "uses": uses.count(),
        "before": part_of(principal, ruling, "before"),
        "after": part_of(principal, ruling, "after"),
        "part": part,
        "part_title": _PARTS[part],
        "page": page,
        "rows": rows_of(list(page), now),
        "may_revoke": ruling.revoked_at is None
        and principal.can(Capability.LEAD, area_code=ruling.area_code),
    }
    return render(request, "command/dispatch/precedent.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, precedent_id: int) -> HttpResponse:
    """End a ruling with a reason."""
    principal = principal_of_request(request)
    ruling = _ruling(principal, precedent_id)
    revoke_precedent(ruling.pk, principal, reason=request.POST.get("reason", ""))
    messages.success(request, "已撤销该先例；此前按它派遣的案件不受影响。")
    return redirect("command:dispatch-precedent", precedent_id)


def _ruling(principal: Principal, precedent_id: int) -> Precedent:
    found = precedents_visible_to(principal).filter(pk=precedent_id).first()
    if found is None:
        raise no_such("条先例")
    return found


def _matter(ruling: Precedent) -> str:
    known = catalogue.matter(ruling.kind, ruling.matter_code) if ruling.kind else None
    return known.name if known else ruling.matter_code


def _status(ruling: Precedent, today: object) -> str:
    if ruling.revoked_at is not None:
        return "已撤销"
    if ruling.valid_to is not None and ruling.valid_to < today:  # type: ignore[operator]
        return "已到期"
    return "有效"

"""My shifts, swaps from asking to approval, absences and AB pairs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.command.models.roster import Absence, Assignment, Pairing, Swap, SwapState
from chengguan.core.errors import Conflict, DomainError, Invalid
from chengguan.ui.recipe.views import need

from .domain.absent import record_absence, set_pair, withdraw_absence
from .domain.reading import known
from .domain.swaps import accept_swap, approve_swap, ask_swap, refuse_swap, withdraw_swap
from .errors import no_such, wrong
from .forms import AbsenceForm, PairForm
from .queries import (
    absences_visible_to,
    area_name,
    assignments_visible_to,
    kept_q,
    post_names,
    swaps_visible_to,
)
from .views import duty_answer

_SHOWN = 100


@login_required
def mine_page(request: HttpRequest) -> HttpResponse:
    """Show my duties from today on, the past week's, and the swaps that wait for me."""
    principal = principal_of_request(request)
    now = timezone.now()
    rows = Assignment.objects.filter(
        known(None), user=principal.user_id, ends_at__gt=now - timedelta(7)
    ).order_by("starts_at")
    posts = post_names()
    lines = [
        {
            "duty": row,
            "post": posts.get(row.post, row.post),
            "area": area_name(row.area_code),
            "now": row.starts_at <= now < row.ends_at,
            "over": row.ends_at <= now,
        }
        for row in rows[:_SHOWN]
    ]
    swaps = _swaps(swaps_visible_to(principal).filter(state__in=("asked", "accepted")))
    context = {
        "lines": lines,
        "next": next((line for line in lines if not line["over"]), None),
        "asked_of_me": [
            one for one in swaps if one.colleague_id == principal.user_id and one.state == "asked"
        ],
        "asked_by_me": [one for one in swaps if one.asked_by_id == principal.user_id],
        "absences": Absence.objects.filter(
            user=principal.user_id, ends_at__gt=now, withdrawn_at=None
        ).select_related("stand_in"),
        "standing_in": Absence.objects.filter(
            stand_in=principal.user_id, ends_at__gt=now, withdrawn_at=None
        ).select_related("user"),
    }
    return render(request, "command/roster/mine.html", context)


@login_required
def swaps_page(request: HttpRequest) -> HttpResponse:
    """Show the swaps that wait for approval, and those decided of late."""
    need(request, Capability.ROSTER, "批准换班")
    principal = principal_of_request(request)
    rows = swaps_visible_to(principal)
    context = {
        "waiting": _swaps(rows.filter(state=SwapState.ACCEPTED)),
        "asked": _swaps(rows.filter(state=SwapState.ASKED)),
        "done": _swaps(rows.exclude(state__in=("asked", "accepted")).order_by("-decided_at")),
    }
    return render(request, "command/roster/swaps.html", context)


@login_required
@require_POST
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a colleague; what he gives in return may be chosen with him ("person:duty")."""
    principal = principal_of_request(request)
    rows = assignments_visible_to(principal)
    given = rows.filter(pk=number).select_related("user", "organisation").first()
    if given is None:
        raise no_such("个班次")
    person, _, duty = request.POST.get("with", "").partition(":")
    taken = rows.filter(pk=_whole(duty)).first() if duty else None
    if duty and taken is None:
        raise no_such("个班次")
    try:
        colleague = _colleague(person)
        reason = request.POST.get("reason", "")
        ask_swap(principal, given=given, colleague=colleague, reason=reason, taken=taken)
    except (Invalid, Conflict) as error:
        given.refresh_from_db()
        return duty_answer(request, principal, given, error)
    messages.success(request, f"已向{colleague.name}提出，对方同意后由排班人批准。")
    return redirect("command:roster-mine")


def _colleague(person: str) -> User:
    found = User.objects.filter(pk=_whole(person), is_active=True).first()
    if found is None:
        raise wrong("colleague", "请选择同事。", "从可接这一班的同事中选一位。")
    return found


@login_required
@require_POST
def decide(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Accept, refuse, withdraw or approve a swap."""
    principal = principal_of_request(request)
    rows = swaps_visible_to(principal).select_related(
        "given__organisation", "taken__organisation", "given__rule", "taken__rule",
        "asked_by", "colleague",
    )  # fmt: skip
    swap = rows.filter(pk=number).first()
    if swap is None:
        raise no_such("份换班申请")
    if verb == "accept":
        accept_swap(principal, swap)
        words = "已同意，等排班人批准。"
    elif verb == "withdraw":
        withdraw_swap(principal, swap)
        words = "已撤回。"
    elif verb == "approve":
        approve_swap(principal, swap)
        words = "已批准，两天的班次都已改排。"
    else:
        refuse_swap(principal, swap, request.POST.get("why", ""))
        words = "已告知申请人未同意。"
    messages.success(request, words)
    back = "command:roster-swaps" if request.POST.get("from") == "swaps" else "command:roster-mine"
    return redirect(back)


@login_required
def away_page(request: HttpRequest) -> HttpResponse:
    """Show who is or will be away and the AB pairs; take a new one of either."""
    need(request, Capability.ROSTER, "登记请假公出")
    principal = principal_of_request(request)
    form, pair = AbsenceForm(None, principal), PairForm(None, principal)
    wrong_ = False
    if request.method == "POST":
        which = request.POST.get("which")
        chosen: Any = (
            AbsenceForm(request.POST, principal)
            if which == "absence"
            else PairForm(request.POST, principal)
        )
        if _take(request, chosen, which == "absence"):
            return redirect("command:roster-away")
        wrong_ = True
        form, pair = (chosen, pair) if which == "absence" else (form, chosen)
    now = timezone.now()
    pairs = Pairing.objects.filter(kept_q(principal, "user__organisation__path"))
    context = {
        "form": form,
        "pair": pair,
        "absences": absences_visible_to(principal)
        .filter(ends_at__gt=now, withdrawn_at=None)
        .select_related("user", "stand_in")
        .distinct()
        .order_by("starts_at"),
        "pairs": pairs.exclude(valid_to__lt=timezone.localdate())
        .select_related("user", "stand_in")
        .order_by("user__name"),
    }
    return render(request, "command/roster/away.html", context, status=422 if wrong_ else 200)


@login_required
@require_POST
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Take an absence back."""
    principal = principal_of_request(request)
    rows = absences_visible_to(principal).select_related("user__organisation")
    found = rows.filter(pk=number).first()
    if found is None:
        raise no_such("条请假公出")
    withdraw_absence(principal, found)
    return redirect("command:roster-away")


def _take(request: HttpRequest, form: Any, absence: bool) -> bool:
    principal = principal_of_request(request)
    if not form.is_valid():
        return False
    said = form.cleaned_data
    try:
        if absence:
            record_absence(principal, **said)
        else:
            set_pair(principal, user=said["a"], stand_in=said["b"], valid_from=said["valid_from"])
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, "已登记。")
    return True


def _swaps(rows: Any) -> list[Swap]:
    return list(rows.select_related("given", "taken", "asked_by", "colleague").distinct()[:_SHOWN])


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0

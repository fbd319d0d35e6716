"""Rules, their preview and application; shifts and requirements; files in two steps; 错时."""

from __future__ import annotations

from collections import Counter
from datetime import time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation
from chengguan.command.models.roster import Requirement, Rule, ShiftKind
from chengguan.core.errors import DomainError
from chengguan.registry.domain.imports.faults import Unreadable
from chengguan.registry.domain.imports.files import forget, keep, reopen
from chengguan.ui.recipe.views import need

from .board import Asked, needs_kept
from .domain.coverage import gaps
from .domain.hours import weeks
from .domain.presence import Duty
from .domain.reading import absences, between, duties
from .domain.rules import Change, apply_rule, change_of, save_rule
from .domain.settings import end_need, save_need, save_shift
from .domain.spans import LONGEST, counts, instant
from .errors import no_such
from .forms import FileForm, NeedForm, PlanForm, RiskForm, RuleForm, ShiftForm, monday_of
from .queries import area_name, kept_q, names, post_names, rules_visible_to, unit_name
from .risk import reports_seen, risk
from .tables import HEADS, apply, check
from .views import file_of

_WHAT = "排班"
_SHOWN = 200


@login_required
def rules_page(request: HttpRequest) -> HttpResponse:
    """Show rules, shifts and what is needed."""
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    kept = kept_q(principal)
    posts = post_names()
    rules = (
        rules_visible_to(principal)
        .select_related("organisation")
        .order_by("organisation__path", "name")
    )
    found = list(rules.prefetch_related("members").distinct())
    wanted = Requirement.objects.filter(kept).exclude(valid_to__lt=timezone.localdate())
    context = {
        "rules": [
            (
                one,
                posts.get(one.post, one.post),
                " ".join(code or "休" for code in one.cycle),
                len({member.team for member in one.members.all()}),
                len(one.members.all()),
            )
            for one in found
        ],
        "shifts": ShiftKind.objects.filter(kept)
        .select_related("organisation")
        .distinct()
        .order_by("organisation__path", "code", "-valid_from"),
        "needs": [
            (one, posts.get(one.post, one.post), area_name(one.area_code))
            for one in wanted.select_related("organisation")
            .distinct()
            .order_by("organisation__path", "post", "area_code", "start")
        ],
    }
    return render(request, "command/roster/rules.html", context)


@login_required
def rule_page(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Make or change a rule; no duty is touched until it is applied."""
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    rule = _rule(principal, number) if number else None
    form = RuleForm(request.POST or None, principal, initial=_initial(rule))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = save_rule(
                principal,
                organisation=said["organisation"],
                name=said["name"],
                post=said["post"],
                cycle=said["cycle"],
                members=said["teams"],
                valid_from=said["valid_from"],
                step=said["step"],
                days=said["days"],
                valid_to=said["valid_to"],
                rule=rule,
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("command:roster-plan", made.pk)
    status = 422 if form.errors else 200
    return render(request, "command/roster/rule.html", {"form": form, "rule": rule}, status=status)


@login_required
def plan_page(request: HttpRequest, number: int) -> HttpResponse:
    """Preview what a rule would make, with gaps, doubles and hours; apply it on POST."""
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    rule = _rule(principal, number)
    today = timezone.localdate()
    first = today.replace(day=1)
    last = (first + timedelta(32)).replace(day=1) - timedelta(1)
    given = request.POST if request.method == "POST" else request.GET
    form = PlanForm(
        given or {"first": max(first, rule.valid_from), "last": max(last, rule.valid_from)}
    )
    context: dict[str, Any] = {"form": form, "rule": rule}
    if not form.is_valid():
        return render(request, "command/roster/plan.html", context, status=422)
    said = form.cleaned_data
    status = 200
    try:
        if request.method == "POST":
            done = apply_rule(
                principal, rule, said["first"], said["last"], accept_doubles=said["accept_doubles"]
            )
            messages.success(request, f"已排定 {len(done.new)} 班，改去 {len(done.gone)} 班。")
            return redirect(f"{_board()}?first={said['first']}&unit={rule.organisation_id}")
        change = change_of(rule, said["first"], said["last"], now=timezone.now())
    except DomainError as error:
        form.add_error(None, str(error))
        status = error.status
        if not said["first"] <= said["last"] <= said["first"] + timedelta(366):
            return render(request, "command/roster/plan.html", context, status=status)
        change = change_of(rule, said["first"], said["last"], now=timezone.now())
    context |= _previewed(principal, rule, change, said["first"], said["last"])
    return render(request, "command/roster/plan.html", context, status=status)


@login_required
def shift_page(request: HttpRequest) -> HttpResponse:
    """Take a shift's hours from a date on."""
    return _setting(request, ShiftForm, save_shift, "班次")


@login_required
def need_page(request: HttpRequest) -> HttpResponse:
    """Take how many are needed."""
    return _setting(request, NeedForm, save_need, "在岗要求")


@login_required
@require_POST
def need_end(request: HttpRequest, number: int) -> HttpResponse:
    """End a requirement."""
    principal = principal_of_request(request)
    found = Requirement.objects.filter(kept_q(principal), pk=number).select_related("organisation")
    one = found.first()
    if one is None:
        raise no_such("条在岗要求")
    end_need(principal, one)
    return redirect("command:roster-rules")


@login_required
def import_page(request: HttpRequest) -> HttpResponse:
    """Check a file and show what it would do; nothing is written here."""
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    form = FileForm(request.POST or None, request.FILES or None, principal)
    context: dict[str, Any] = {"form": form, "heads": HEADS}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            unit = form.cleaned_data["organisation"]
            try:
                kept = keep(form.cleaned_data["file"], form.cleaned_data["file"].name)
            except Unreadable as error:
                form.add_error("file", f"{error.message}{error.mend}")
            else:
                found = check(principal, unit, kept)
                context |= {"check": found, "unit": unit, "kept": kept}
                status = 200 if found.good else 422
    return render(request, "command/roster/import.html", context, status=status)


@login_required
@require_POST
def import_apply(request: HttpRequest) -> HttpResponse:
    """Write what was checked: the same bytes, checked once more."""
    principal = principal_of_request(request)
    text = request.POST.get("organisation", "")
    unit = Organisation.objects.filter(
        kept_q(principal, "path"), pk=_number(text, 0, 2**53) or 0
    ).first()
    sha256 = request.POST.get("sha256", "")
    if unit is None or len(sha256) != 64 or not sha256.isalnum():
        raise no_such("份校验过的文件")
    try:
        kept = reopen(sha256, request.POST.get("name", "")[:200])
    except Unreadable as error:
        messages.error(request, f"{error.message}{error.mend}")
        return redirect("command:roster-import")
    found = apply(principal, unit, kept)
    if not found.good:
        context = {"form": FileForm(None, None, principal), "heads": HEADS, "check": found}
        return render(request, "command/roster/import.html", {**context, "unit": unit}, status=409)
    forget(sha256)
    messages.success(request, f"已导入 {len(found.new)} 班，{found.unchanged} 班原已排定。")
    return redirect(f"{_board()}?unit={unit.pk}")


@login_required
def template(request: HttpRequest, form: str) -> HttpResponse:
    """Give an empty file with the heads."""
    return file_of([], form, "roster-template")


@login_required
def flexible_page(request: HttpRequest) -> HttpResponse:
    """Propose hours that cover the expected peaks with the people there are."""
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    form = RiskForm(request.GET or _risk_default(principal))
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "command/roster/flexible.html", context, status=422)
    said = form.cleaned_data
    found = risk(
        principal,
        area_code=said["area"],
        post=said["post"],
        weeks=said["weeks"],
        people=said["people"],
        length=said["length"],
        per_hour=said["per_hour"],
    )
    context |= {"risk": found, "area": said["area"], "weeks": said["weeks"], "post": said["post"]}
    context["since"] = timezone.localdate() - timedelta(28)
    return render(request, "command/roster/flexible.html", context)


@login_required
def reports_page(request: HttpRequest) -> HttpResponse:
    """Show the reports behind one figure of the proposal: the rows that were counted."""
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    area = "".join(c for c in request.GET.get("area", "") if c.isascii() and c.isdigit())[:15]
    weeks_ = _number(request.GET.get("weeks", ""), 1, 26) or 4
    hour = _number(request.GET.get("hour", ""), 0, 23)
    rows = reports_seen(principal, area, weeks_, hour)
    context = {
        "total": rows.count(),
        "rows": [(row, area_name(row.area_code)) for row in rows.order_by("-at")[:_SHOWN]],
        "shown": _SHOWN,
        "hour": hour,
        "area_name": area_name(area) if area else "我的范围",
        "weeks": weeks_,
    }
    return render(request, "command/roster/reports.html", context)


def _setting(request: HttpRequest, form_: Any, save: Any, title: str) -> HttpResponse:
    need(request, Capability.ROSTER, _WHAT)
    principal = principal_of_request(request)
    form = form_(request.POST or None, principal)
    if request.method == "POST" and form.is_valid():
        try:
            save(principal, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("command:roster-rules")
    context = {"form": form, "title": title}
    return render(
        request, "command/roster/setting.html", context, status=422 if form.errors else 200
    )


def _previewed(
    principal: Principal, rule: Rule, change: Change, first: Any, last: Any
) -> dict[str, Any]:
    """Say what applying would leave: gaps of this post, doubles, hours by person and week."""
    start, end = instant(first, time()), instant(last + timedelta(1), time())
    gone = set(change.gone)
    stay = [one for one in duties(between(start, end + LONGEST)) if one.id not in gone]
    new = [
        Duty(
            -number, one.user_id, one.post, one.area_code, rule.organisation_id, one.shift.code,
            one.shift.name, one.shift.period, one.starts_at, one.ends_at, one.shift.rest_minutes,
        )
        for number, one in enumerate(change.new, 1)
    ]  # fmt: skip
    all_ = [*stay, *new]
    away = absences(start, end)
    present = [piece for duty in all_ for piece in away.pieces(duty)]
    unit = rule.organisation.path
    needs = needs_kept(principal, Asked(first, 1, post=rule.post), unit)
    mine = {member.user_id for member in rule.members.all()}
    monday = monday_of(first)
    number = ((last - monday).days // 7) + 1
    counted = weeks([one for one in all_ if one.user_id in mine], monday, min(number, 6))
    people = names(mine | {one.user_id for one, _ in change.doubles})
    label = {key: name for key, (name, _) in people.items()}
    per_person = Counter(one.user_id for one in new)
    hours: dict[int, float] = {}
    for week in counted:
        hours[week.user_id] = hours.get(week.user_id, 0.0) + week.hours
    return {
        "change": change,
        "first": first,
        "last": last,
        "gaps": [
            (gap, area_name(gap.need.area_code), unit_name(gap.need.organisation_id))
            for gap in gaps(needs, present, first, last, counts)[:_SHOWN]
        ],
        "doubles": [(label.get(one.user_id, ""), one, row) for one, row in change.doubles[:_SHOWN]],
        "clashes": [(label.get(one.user_id, ""), one) for one in change.plan.clashes[:_SHOWN]],
        "passed": [(label.get(week.user_id, ""), week) for week in counted if week.passed],
        "people": [
            (label.get(key, ""), per_person.get(key, 0), hours.get(key, 0.0))
            for key in sorted(mine, key=lambda one: label.get(one, ""))
        ],
    }


def _initial(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    teams: dict[int, list[str]] = {}
    for member in rule.members.select_related("user"):
        teams.setdefault(member.team, []).append(f"{member.user.username}@{member.area_code}")
    return {
        "organisation": rule.organisation_id,
        "name": rule.name,
        "post": rule.post,
        "days": rule.days,
        "cycle": " ".join(code or "休" for code in rule.cycle),
        "step": rule.step,
        "teams": "\n".join(" ".join(teams[key]) for key in sorted(teams)),
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }


def _rule(principal: Principal, number: int) -> Rule:
    found = rules_visible_to(principal).select_related("organisation").filter(pk=number).first()
    if found is None:
        raise no_such("条规则")
    return found


def _risk_default(principal: Principal) -> dict[str, Any]:
    held = next(principal.holding(Capability.ROSTER), None)
    area = held.area_code if held else ""
    return {"area": area, "post": "collector", "weeks": 4, "length": 8, "per_hour": 1}


def _number(text: str, least: int, most: int) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return int(text) if least <= int(text) <= most else None


def _board() -> str:
    return reverse("command:roster")

"""The board, one duty with its history and work record, who is on duty now, hours by week."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.audit.domain.record import record
from chengguan.command.models.roster import Assignment
from chengguan.core.errors import Conflict, DomainError, Invalid
from chengguan.registry.domain.duty_index import units

from .board import Asked, board, own_days, pieces_seen
from .domain.correcting import correct
from .domain.hours import weeks
from .domain.keeping import keeps
from .domain.reading import known
from .domain.spans import LONGEST, instant
from .errors import no_such
from .evidence import record_of, steps_in
from .forms import FIRST_YEAR, LAST_YEAR, BoardForm, NowForm, aware, monday_of
from .queries import (
    SEEING,
    area_name,
    assignments_visible_to,
    names,
    on_duty,
    own_path,
    people_kept_by,
    post_names,
    zones_of,
)
from .tables import lines_of, to_csv, to_xlsx


@login_required
def board_page(request: HttpRequest) -> HttpResponse:
    """Show who works when, with gaps and double bookings."""
    principal = principal_of_request(request)
    form, asked, path = _asked(request, principal)
    context: dict[str, Any] = {"form": form, "keeps": principal.can(Capability.ROSTER)}
    if asked is None:
        return render(request, "command/roster/board.html", context, status=422)
    shown = board(principal, asked, unit_path=path)
    today = timezone.localdate()
    context |= {
        "own": own_days(principal, today, 7),
        "tomorrow": today + timedelta(1),
        "board": shown,
        "asked": asked,
        "last": asked.first + timedelta(asked.days - 1),
        "before": (asked.first - timedelta(asked.days)).isoformat(),
        "after": (asked.first + timedelta(asked.days)).isoformat(),
        "query": _rest(request),
        "today": today,
    }
    return render(request, "command/roster/board.html", context)


@login_required
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Give the board's rows as a file that can be edited and imported again; noted in the audit."""
    principal = principal_of_request(request)
    _, asked, path = _asked(request, principal)
    if asked is None:
        raise no_such("排班表")
    first = instant(asked.first, time())
    rows = assignments_visible_to(principal).filter(
        known(None), starts_at__gte=first, starts_at__lt=first + timedelta(asked.days)
    )
    for column, value in (
        ("post", asked.post),
        ("area_code__startswith", asked.area),
        ("period", asked.period),
        ("organisation__path__startswith", path),
        ("user", asked.person),
    ):
        if value:
            rows = rows.filter(**{column: value})
    found = rows.distinct().select_related("user").order_by("starts_at", "post", "pk")
    lines = lines_of(found)
    record(
        "roster.export",
        actor=principal.actor(),
        subject_type="command.assignment",
        detail={"rows": len(lines), "form": form, "first": asked.first.isoformat()},
    )
    return file_of(lines, form, f"roster-{asked.first:%Y%m%d}")


def file_of(lines: list[list[str]], form: str, name: str) -> HttpResponse:
    """Answer lines as a download, CSV or XLSX.

    Raises:
        NotFound: another form is asked for.
    """
    if form not in ("csv", "xlsx"):
        raise no_such("种文件")
    if form == "xlsx":
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        response = HttpResponse(to_xlsx(lines), content_type=kind)
    else:
        response = HttpResponse(to_csv(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


@login_required
def duty_page(request: HttpRequest, number: int) -> HttpResponse:
    """Show one duty: its history, the work done in it, and what may be done with it."""
    principal = principal_of_request(request)
    return duty_answer(request, principal, _duty(principal, number))


def duty_answer(
    request: HttpRequest, principal: Principal, duty: Assignment, refused: DomainError | None = None
) -> HttpResponse:
    """Answer the page of a duty; a refusal is said there, and what was typed stays in its form."""
    keeper = keeps(principal, duty.organisation, duty.area_code)
    mine = duty.user_id == principal.user_id
    now = timezone.now()
    rows = (
        assignments_visible_to(principal)
        .filter(post=duty.post, area_code=duty.area_code, starts_at=duty.starts_at)
        .exclude(pk=duty.pk)
        .select_related("user")
        .distinct()
        .order_by("made_at", "pk")[:50]
    )
    context: dict[str, Any] = {
        "duty": duty,
        "post": post_names().get(duty.post, duty.post),
        "area": area_name(duty.area_code),
        "keeper": keeper,
        "mine": mine,
        "begun": duty.starts_at <= now,
        "together": [one for one in rows if one.ended_at is None],
        "history": [one for one in rows if one.ended_at is not None],
        "refused": refused,
        "chosen": request.POST.get("with", ""),
    }
    if (keeper or mine) and duty.starts_at <= now:
        steps = steps_in(duty.user_id, duty.starts_at, duty.ends_at)
        context |= {"record": record_of(steps), "steps": steps[:200]}
    if keeper and duty.ended_at is None:
        context["people"] = (
            people_kept_by(principal).order_by("name", "pk").exclude(pk=duty.user_id)[:500]
        )
    if mine and duty.ended_at is None and duty.starts_at > now:
        context["colleagues"] = _colleagues(duty)
    return render(
        request, "command/roster/duty.html", context, status=refused.status if refused else 200
    )


@login_required
@require_POST
def correct_duty(request: HttpRequest, number: int) -> HttpResponse:
    """Take the correction of a duty."""
    principal = principal_of_request(request)
    duty = _duty(principal, number)
    other = None
    if request.POST.get("person"):
        people = people_kept_by(principal)
        other = people.filter(pk=_whole(request.POST["person"])).first()
        if other is None:
            raise no_such("个人")
    try:
        made = correct(principal, duty, why=request.POST.get("why", ""), replaced_by=other)
    except (Invalid, Conflict) as error:
        return duty_answer(request, principal, _duty(principal, number), error)
    return redirect("command:roster-duty", made.pk if made else duty.pk)


@login_required
def now_page(request: HttpRequest) -> HttpResponse:
    """Show who was, is or will be on duty at a place and an instant; units of a joint zone together."""
    principal = principal_of_request(request)
    form = NowForm(request.GET or None)
    good = not request.GET or form.is_valid()
    asked = form.cleaned_data if form.is_bound and good else {}
    at = aware(asked.get("at"))
    area = asked.get("area", "")
    known_at = at if asked.get("then") else None
    people = on_duty(at, area_code=area, seen_by=principal, known_at=known_at) if good else []
    by_unit: dict[str, list[Any]] = {}
    for one in people:
        by_unit.setdefault(one.organisation_name, []).append(one)
    context = {
        "form": form,
        "at": at,
        "area": area,
        "area_name": area_name(area) if area else "",
        "people": people,
        "units": sorted(by_unit.items()),
        "zones": [(zone, [one.name for one in zone.organisations.all()]) for zone in zones_of(area)]
        if area
        else [],
    }
    return render(request, "command/roster/now.html", context, status=200 if good else 422)


@login_required
def hours_page(request: HttpRequest) -> HttpResponse:
    """Show the hours of each person by week; whose roster one keeps, else one's own."""
    principal = principal_of_request(request)
    first = monday_of(_day(request.GET.get("first")) or timezone.localdate())
    asked = Asked(first, 28)
    pieces = pieces_seen(principal, asked)
    if not principal.can(Capability.ROSTER):
        pieces = [piece for piece in pieces if piece.user_id == principal.user_id]
    found = weeks(pieces, first, 4)
    mondays = [first + timedelta(7 * number) for number in range(4)]
    people = names({one.user_id for one in found})
    lines: dict[int, dict[date, Any]] = {}
    for one in found:
        lines.setdefault(one.user_id, {})[one.monday] = one
    rows = [
        (key, people.get(key, ("", ""))[0], [(monday, own.get(monday)) for monday in mondays])
        for key, own in lines.items()
    ]
    context = {
        "mondays": mondays,
        "rows": sorted(rows, key=lambda row: row[1]),
        "passed": [(people.get(o.user_id, ("", ""))[0], o) for o in found if o.passed],
        "before": (first - timedelta(28)).isoformat(),
        "after": (first + timedelta(28)).isoformat(),
    }
    return render(request, "command/roster/hours.html", context)


def _asked(request: HttpRequest, principal: Principal) -> tuple[BoardForm, Asked | None, str]:
    choices = units_seen(principal)
    given = request.GET.copy()
    if not given.get("first"):
        given["first"] = monday_of(timezone.localdate()).isoformat()
    form = BoardForm(given, units=choices)
    if not form.is_valid():
        return form, None, ""
    said = form.cleaned_data
    days = int(said["days"] or 7)
    first = said["first"]
    unit = units().get(int(said["unit"])) if said["unit"] else None
    asked = Asked(
        first,
        days,
        said["unit"],
        said["post"],
        said["area"],
        said["period"],
        said["person"] or 0,
    )
    return form, asked, unit.path if unit else ""


def units_seen(principal: Principal) -> list[tuple[str, str]]:
    """Give the units whose rosters one may see, as choices."""
    reach = [held.organisation_path for one in SEEING for held in principal.holding(one)]
    if own := own_path(principal):
        reach.append(own)
    found = [
        unit
        for unit in units().values()
        if unit.active and (principal.is_system or unit.path.startswith(tuple(reach) or ("-",)))
    ]
    return [(str(unit.id), unit.name) for unit in sorted(found, key=lambda one: one.path)]


def _rest(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("first", None)
    return query.urlencode()


def _duty(principal: Principal, number: int) -> Assignment:
    rows = assignments_visible_to(principal).select_related("user", "organisation", "rule")
    found = rows.filter(pk=number).first()
    if found is None:
        raise no_such("个班次")
    return found


def _colleagues(duty: Assignment) -> list[tuple[str, str, list[tuple[str, Assignment]]]]:
    """Give who could take the duty over: people of the same post and unit, with their next duties.

    Each with the value that the form sends, "person" or "person:duty".
    """
    first, last = duty.starts_at - timedelta(14), duty.starts_at + timedelta(14)
    rows = (
        Assignment.objects.filter(
            known(None),
            organisation=duty.organisation_id,
            post=duty.post,
            starts_at__gt=max(first, timezone.now()),
            starts_at__lt=last,
        )
        .exclude(user=duty.user_id)
        .select_related("user")
        .order_by("user__name", "user_id", "starts_at")
    )
    busy = set(
        Assignment.objects.filter(
            known(None),
            starts_at__lt=duty.ends_at,
            ends_at__gt=duty.starts_at,
            starts_at__gt=duty.starts_at - LONGEST,
        ).values_list("user_id", flat=True)
    )
    people: dict[int, tuple[User, list[Assignment]]] = {}
    for row in rows:
        if row.user_id not in busy:
            people.setdefault(row.user_id, (row.user, []))[1].append(row)
    return [
        (str(key), user.name, [(f"{key}:{one.pk}", one) for one in held])
        for key, (user, held) in people.items()
    ]


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0

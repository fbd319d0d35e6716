"""Pages of procedures and calendars: read them, check a change, preview what it moves, publish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.ui.recipe.views import need

from .domain.calendar_content import to_toml
from .domain.definition import check, publish
from .domain.revising import Moved, import_calendar, preview
from .domain.shape import Compiled
from .errors import DefinitionInvalid
from .models import Definition, WorkCalendar

_SHOWN = 200


@require_safe
@login_required
def definitions(request: HttpRequest) -> HttpResponse:
    """List every version of every procedure, newest first."""
    need(request, Capability.EDIT_WORKFLOW, "查看流程定义")
    found = Definition.objects.defer("source", "compiled").order_by("code", "-version")
    return render(request, "workflow/definitions.html", {"definitions": found})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def definition(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Show one version; a changed text is checked, and published as the next one."""
    need(request, Capability.EDIT_WORKFLOW, "查看流程定义")
    stored = get_object_or_404(Definition, pk=definition_id)
    shown: dict[str, Any] = {
        "definition": stored,
        "compiled": Compiled.from_json(stored.compiled),
        "source": request.POST.get("source", stored.source).replace("\r\n", "\n"),
    }
    if request.method != "POST":
        return render(request, "workflow/definition.html", shown)
    try:
        check(stored.code, shown["source"])
    except DefinitionInvalid as error:
        return render(
            request, "workflow/definition.html", {**shown, "faults": error.faults}, status=422
        )
    if request.POST.get("do") != "publish":
        return render(request, "workflow/definition.html", {**shown, "sound": True})
    made = publish(stored.code, shown["source"], principal_of_request(request))
    messages.success(request, f"已发布“{made.title}”第 {made.version} 版，新案件按新版办理。")
    return redirect("workflow:definition", made.pk)


@require_safe
@login_required
def calendars(request: HttpRequest) -> HttpResponse:
    """List the working calendars and how far they reach."""
    need(request, Capability.EDIT_WORKFLOW, "查看工作日历")
    found = WorkCalendar.objects.order_by("code")
    return render(request, "workflow/calendars.html", {"calendars": found})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """Show a calendar; a changed text is previewed with the deadlines it moves, then published."""
    need(request, Capability.EDIT_WORKFLOW, "查看工作日历")
    stored = get_object_or_404(WorkCalendar, code=code)
    newest = stored.revisions.order_by("-number").first()
    source = request.POST.get("source") or (to_toml(newest.content) if newest else "")
    shown: dict[str, Any] = {
        "calendar": stored,
        "hours": stored.hours.order_by("valid_from", "start"),
        "days": stored.days.order_by("date"),
        "revisions": stored.revisions.defer("content").order_by("-number"),
        "source": source,
    }
    if request.method != "POST":
        return render(request, "workflow/calendar.html", shown)
    try:
        if request.POST.get("do") == "publish":
            saved = import_calendar(source, principal_of_request(request), request.POST["note"])
            messages.success(request, f"已发布第 {saved.number} 次修订，未办结案件的时限已重算。")
            return redirect("workflow:calendar", saved.calendar.code)
        moved = preview(source)
    except Invalid as error:
        return render(request, "workflow/calendar.html", {**shown, "wrong": error}, status=422)
    return render(request, "workflow/calendar.html", {**shown, **_preview(moved)})


def _preview(moved: list[Moved]) -> dict[str, Any]:
    return {"previewed": True, "moved": moved[:_SHOWN], "count": len(moved)}

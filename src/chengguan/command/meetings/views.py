"""The pages of meetings: the list, one with its decisions, open decisions by owner."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid, NotFound
from chengguan.files.domain import attachments_of
from chengguan.programmes.domain import act, amend_item
from chengguan.programmes.domain.items import SUBJECT
from chengguan.programmes.domain.running import leads
from chengguan.programmes.enums import ItemVerb, ProgrammeKind
from chengguan.programmes.models import Programme
from chengguan.programmes.queries import items_of, lines, open_by_owner, open_items
from chengguan.ui.recipe.views import need

from ..orders import posting
from . import queries
from .domain.deciding import decide, keep_minutes
from .errors import no_meeting, wrong
from .forms import DecisionForm, MeetingForm

_VERBS = {ItemVerb.FINISH, ItemVerb.CANCEL, ItemVerb.REOPEN}


@login_required
@require_GET
def meetings(request: HttpRequest) -> HttpResponse:
    """Show the meetings with how far their decisions are."""
    principal = principal_of_request(request)
    context = {
        "rows": queries.meeting_list(principal, timezone.now()),
        "may_write": principal.can(Capability.ORDER),
    }
    return render(request, "command/meetings/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a meeting down."""
    need(request, Capability.ORDER, "记录会议")
    principal = principal_of_request(request)
    form = MeetingForm(request.POST or None, initial={"series": request.GET.get("series", "")})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = keep_minutes(
            principal,
            title=said["title"],
            series=said["series"],
            held_at=said["held"],
            place=said["place"],
            participants=said["participants"],
            agenda=said["agenda"],
            minutes=said["minutes"],
        )
        messages.success(request, f"已记录：{made.title}")
        return redirect("command:meetings-detail", made.pk)
    status = 422 if form.errors else 200
    return render(request, "command/meetings/new.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def detail(request: HttpRequest, meeting_id: int) -> HttpResponse:
    """Show a meeting, its decisions and what is left over; whoever wrote it adds decisions."""
    principal = principal_of_request(request)
    found = _seen(principal, meeting_id)
    lead = leads(principal, found)
    form = DecisionForm(request.POST or None, principal=principal) if lead else None
    if request.method == "POST":
        if form is None:
            raise no_meeting()
        if form.is_valid():
            said = form.cleaned_data
            try:
                decide(
                    principal, found, title=said["title"], owner=said["owner"], due_at=said["due"]
                )
            except Invalid as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                return redirect("command:meetings-detail", meeting_id)
    now = timezone.now()
    items = list(found.items.select_related("unit").order_by("position", "pk"))
    photos = attachments_of(SUBJECT, [one.pk for one in items])
    mine = set(items_of(principal).filter(programme=found).values_list("pk", flat=True))
    context = {
        "meeting": found,
        "form": form,
        "now": now,
        "leads": lead,
        "lines": [(line, photos[line.item.pk], line.item.pk in mine) for line in lines(items, now)],
        "left": queries.left_over(principal, found),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "command/meetings/detail.html", context, status=status)


@login_required
@require_GET
def items(request: HttpRequest) -> HttpResponse:
    """Show the open decisions by owner, or one owner's."""
    principal = principal_of_request(request)
    owner = request.GET.get("owner", "")
    now = timezone.now()
    rows = open_items(principal, kind=ProgrammeKind.MEETING, owner=owner)
    if request.GET.get("late") == "1":
        rows = rows.filter(due_at__lt=now)
    context = {
        "owners": open_by_owner(principal, now, kind=ProgrammeKind.MEETING),
        "rows": rows[:300],
        "owner": owner,
        "now": now,
    }
    return render(request, "command/meetings/items.html", context)


@login_required
@require_POST
def act_on(request: HttpRequest, meeting_id: int, item_id: int, verb: str) -> HttpResponse:
    """Report a decision done, cancel or reopen it, or move its date with a reason."""
    principal = principal_of_request(request)
    found = _seen(principal, meeting_id)
    if not found.items.filter(pk=item_id).exists():
        raise no_meeting()
    words, now = request.POST.get("note", ""), timezone.now()
    if verb == "due":
        from django.utils.dateparse import parse_datetime

        try:
            due = parse_datetime(request.POST.get("due", ""))
        except ValueError:
            due = None
        if due is None:
            raise wrong("due", "期限不是时间。", "应写作 2026-05-01 08:00。")
        due = timezone.make_aware(due) if timezone.is_naive(due) else due
        amend_item(principal, item_id, due_at=due, words=words, at=now)
    elif verb in _VERBS:
        files = posting.kept(request.FILES.getlist("files"))
        act(principal, item_id, ItemVerb(verb), now, words=words, files=files)
    else:
        raise NotFound("meetings.verb", "没有这个动作。", mend="请回到会议页面。")
    return redirect("command:meetings-detail", meeting_id)


def _seen(principal: Principal, meeting_id: int) -> Programme:
    found = queries.meetings_visible_to(principal).filter(pk=meeting_id).first()
    if found is None:
        raise no_meeting()
    return found

"""The pages of bulletins: what concerns me, one with its receipts, a new one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.files.domain import attachments_of
from chengguan.ui.recipe.views import need

from ..models import Bulletin
from ..orders import posting
from . import queries
from .domain.publishing import SUBJECT, confirm, publish, read, withdraw
from .errors import no_bulletin
from .forms import BulletinForm

_SHOWS = ("all", "unread", "read", "confirmed")


@login_required
@require_GET
def bulletins(request: HttpRequest) -> HttpResponse:
    """Show the bulletins to me and those I published."""
    principal = principal_of_request(request)
    past = request.GET.get("past") == "1"
    context = {
        "rows": queries.bulletin_list(principal, timezone.now(), past=past),
        "past": past,
        "may_publish": principal.can(Capability.ORDER),
        "user_id": principal.user_id,
    }
    return render(request, "command/bulletins/list.html", context)


@login_required
@require_GET
def detail(request: HttpRequest, bulletin_id: int) -> HttpResponse:
    """Show a bulletin, which marks it read; whoever published it sees the readers."""
    principal = principal_of_request(request)
    found = _seen(principal, bulletin_id)
    read(principal, found)
    show = request.GET.get("show", "unread")
    show = show if show in _SHOWS else "unread"
    publisher = queries.publishes(principal, found)
    every = queries.readers(found, "all") if publisher else []
    counts = [
        ("unread", "未读", sum(one.read_at is None for one in every)),
        ("read", "已读", sum(one.read_at is not None for one in every)),
        ("confirmed", "已确认", sum(one.confirmed_at is not None for one in every)),
        ("all", "收件人", len(every)),
    ]
    context = {
        "bulletin": found,
        "mine": found.readers.filter(user_id=principal.user_id or 0).first(),
        "files": attachments_of(SUBJECT, [found.pk])[found.pk],
        "publisher": publisher,
        "counts": [one for one in counts if found.must_confirm or one[0] != "confirmed"],
        "readers": queries.readers(found, show) if publisher else [],
        "show": show,
    }
    return render(request, "command/bulletins/detail.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Publish a bulletin."""
    need(request, Capability.ORDER, "发布通报")
    principal = principal_of_request(request)
    form = BulletinForm(request.POST or None, principal=principal)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = publish(
                principal,
                title=said["title"],
                text=said["text"],
                area_code=said["area"],
                posts=said["posts"],
                organisations=said["organisations"],
                pinned=said["pinned"],
                must_confirm=said["must_confirm"],
                expires_at=said["expires"],
                files=posting.kept(request.FILES.getlist("files")),
            )
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, f"已发布：{made.title}")
            return redirect("command:bulletins-detail", made.pk)
    status = 422 if form.errors else 200
    return render(request, "command/bulletins/new.html", {"form": form}, status=status)


@login_required
@require_POST
def confirm_one(request: HttpRequest, bulletin_id: int) -> HttpResponse:
    """Confirm a bulletin."""
    principal = principal_of_request(request)
    if confirm(principal, _seen(principal, bulletin_id)):
        messages.success(request, "已确认")
    return redirect("command:bulletins-detail", bulletin_id)


@login_required
@require_POST
def withdraw_one(request: HttpRequest, bulletin_id: int) -> HttpResponse:
    """Take a bulletin back."""
    principal = principal_of_request(request)
    withdraw(principal, _seen(principal, bulletin_id))
    messages.success(request, "已撤回，回执保留")
    return redirect("command:bulletins-detail", bulletin_id)


def _seen(principal: Principal, bulletin_id: int) -> Bulletin:
    found = queries.bulletins_visible_to(principal).filter(pk=bulletin_id).first()
    if found is None:
        raise no_bulletin()
    return found

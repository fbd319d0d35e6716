"""The inbox page, its count, and where the live stream is."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.core.errors import Invalid

from . import queries
from .domain.inbox import mark_read


@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """One's own notices, newest first."""
    user_id = _user_id(request)
    unread = request.GET.get("unread") == "1"
    page = queries.inbox(user_id, before=_number(request.GET.get("before")), unread=unread)
    shown = {"page": page, "unread": unread, "count": queries.unread_count(user_id)}
    return render(request, "notify/inbox.html", shown)


@require_safe
@login_required
def count(request: HttpRequest) -> JsonResponse:
    """How many notices are unread, for the badge in the head of each page."""
    return JsonResponse({"unread": queries.unread_count(_user_id(request))})


@require_POST
@login_required
def read(request: HttpRequest) -> HttpResponse:
    """Mark the notices of `id` (all without it) read, and go back to the list."""
    numbers = [n for n in map(_number, request.POST.getlist("id")) if n is not None]
    mark_read(_user_id(request), numbers or None)
    return redirect("notify:inbox")


@require_safe
@login_required
def follow(request: HttpRequest, item_id: int) -> HttpResponse:
    """Mark one notice read and go where it leads."""
    user_id = _user_id(request)
    item = queries.item(user_id, item_id)
    if item is None:
        return HttpResponse(status=404)
    mark_read(user_id, [item_id])
    return redirect(item.url or "notify:inbox")


@require_safe
def stream(request: HttpRequest) -> HttpResponse:
    """Send a listener to the stream's own process; 503 where none is set up."""
    if not settings.CHENGGUAN_STREAM_URL:
        return JsonResponse(
            {
                "type": "urn:chengguan:problem:stream.off",
                "title": "Service Unavailable",
                "status": 503,
                "code": "stream.off",
                "detail": "实时推送没有接到这个端口，页面会改为定时刷新。",
            },
            status=503,
            content_type="application/problem+json",
        )
    response = HttpResponse(status=307)
    query = request.META.get("QUERY_STRING", "")
    response["Location"] = settings.CHENGGUAN_STREAM_URL + (f"?{query}" if query else "")
    response["Cache-Control"] = "no-store"
    return response


def _user_id(request: HttpRequest) -> int:
    who = principal_of_request(request).user_id
    if who is None:
        raise Invalid("notify.nobody", "没有登录。", mend="请先登录。", status=401)
    return who


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise Invalid("notify.number", "编号不正确。", mend="请从列表重新打开。")
    return int(text)

"""Screens that show for weeks: granted by a security administrator, opened once by a code."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chengguan.accounts import requests, sessions
from chengguan.accounts.domain import screens
from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.domain.rights import reaches
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Screen, User
from chengguan.core.errors import Invalid, NotFound
from chengguan.ui.recipe.views import need

_BACKEND = settings.AUTHENTICATION_BACKENDS[0]


class ScreenForm(forms.Form):
    """Which account shows where, and for how long."""

    name = forms.CharField(label="哪一块屏", max_length=60)
    user = forms.CharField(label="大屏账号", max_length=60, help_text="只授予“大屏”岗位的账号")
    address = forms.GenericIPAddressField(label="屏幕电脑的地址", help_text="从别的地址打开无效")
    days = forms.IntegerField(
        label="授权天数", min_value=1, max_value=screens.MOST_DAYS, initial=90
    )


@require_http_methods(["GET", "HEAD", "POST"])
def open_page(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for one press, so that no preview of a link uses the code; then begin the session."""
    if request.method != "POST":
        return render(request, "command/wall/open.html", {})
    screen = screens.open_screen(code, requests.client_ip(request), requests.request_id(request))
    login(request, screen.user, backend=_BACKEND)
    request.session[sessions.SCREEN] = screen.pk
    request.session.set_expiry(screen.expires_at)
    return redirect("command:wall")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def screens_page(request: HttpRequest) -> HttpResponse:
    """List the screens of one's subtree, and grant another; its address is shown once."""
    need(request, Capability.MANAGE_SECURITY, "管理展示屏")
    form = ScreenForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "minutes": screens.CODE_MINUTES}
    if request.method == "POST" and form.is_valid():
        try:
            context |= _granted(request, form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    who = principal_of_request(request)
    rows = Screen.objects.select_related("user__organisation").order_by("-id")[:200]
    context["screens"] = [
        row for row in rows if reaches(who, Capability.MANAGE_SECURITY, row.user.organisation.path)
    ]
    return render(request, "command/wall/screens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, screen: int) -> HttpResponse:
    """End a screen at once."""
    found = Screen.objects.select_related("user__organisation").filter(pk=screen).first()
    if found is None:
        raise NotFound("accounts.screen", "没有这块展示屏。", mend="请从清单里选择。")
    screens.revoke_screen(found, principal=principal_of_request(request))
    messages.success(request, f"已收回：{found.name}")
    return redirect("command:wall-screens")


def _granted(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    user = User.objects.select_related("organisation").filter(username=given["user"]).first()
    if user is None:
        raise Invalid("accounts.screen_account", "没有这个账号。", field="user")
    screen, code = screens.grant_screen(
        user,
        name=given["name"],
        address=given["address"],
        days=given["days"],
        principal=principal_of_request(request),
    )
    return {
        "granted": screen,
        "link": request.build_absolute_uri(reverse("command:wall-open", args=[code])),
    }

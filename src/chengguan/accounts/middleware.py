"""Rules of a session: idle time-out, one session only, a password due for change, second factor.

A request with a bearer token reads no session and no cookie counts for it. Costs no statement
beyond session and user, but once a minute one UPDATE for the time of last use. A session that has
outlived its account or its password is ended and audited, once: somebody may have stolen it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts import requests, sessions
from chengguan.accounts.domain import screens
from chengguan.accounts.models import User
from chengguan.accounts.refusals import note_refusal
from chengguan.audit.domain.watching import watching
from chengguan.core.errors import DomainError, NotAllowed
from chengguan.ui.refusal import refuse

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_API = "/api/"


class SessionRulesMiddleware:
    """Stands behind Django's authentication, in front of every view."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with watching() as watch:
            response = self._answer(request)
        # Who refused has said why already, with the subject; a second entry would say less.
        if response.status_code == 403 and not watch.refused:
            note_refusal(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if requests.bearer(request) is not None:
            request.user = AnonymousUser()
            # No cookie speaks in this request, so there is none to forge.
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
            return self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            return _stopped(request) or _sent_to_sign_in(request, self.get_response(request))
        return _sent_to_sign_in(request, self.get_response(request))


def _stopped(request: HttpRequest) -> HttpResponseBase | None:
    # Asked first: Django empties a session it no longer believes.
    claimed = request.session.get(SESSION_KEY)
    user = request.user
    if not isinstance(user, User):
        if claimed is not None:
            sessions.end_dead(request, claimed)
        return None
    screen = request.session.get(sessions.SCREEN)
    if screen is not None:
        return _stopped_screen(request, screen)
    if sessions.is_idle_too_long(request):
        return _ended(request, "accounts.idle", "长时间没有操作，已自动退出。")
    if sessions.is_another(request, user):
        return _ended(request, "accounts.other_session", "该账号已在别处登录，此处已退出。")
    sessions.touch(request)
    if _is_open(request.path):
        return None
    if _password_is_due(user):
        return _led(
            request, "account_change_password", "accounts.password_due", "请先修改密码再继续使用。"
        )
    if _second_factor_is_due(request):
        return _led(
            request, "mfa_activate_totp", "accounts.second_factor_due", "本岗位须先启用动态口令。"
        )
    return None


def _stopped_screen(request: HttpRequest, screen: int) -> HttpResponseBase | None:
    """A wall's session knows no idle time: it reads, from one address, until its day (ADR 0021)."""
    who, here = requests.principal(request), requests.client_ip(request)
    if not screens.is_showing(screen, who, timezone.now(), address=here):
        return _ended(request, "accounts.screen_over", "本屏的展示授权已结束。")
    if screens.may_read(request.method or "", request.path):
        return None
    error = NotAllowed(
        "accounts.screen_reads", "展示屏只能看大屏。", mend="办理业务请用个人账号登录。"
    )
    return refuse(request, error)


def _is_open(path: str) -> bool:
    return path.startswith(
        (
            "/login/",
            "/logout/",
            "/accounts/logout/",
            "/accounts/password/",
            "/accounts/mfa/",
            "/accounts/reauthenticate/",
            "/static/",
            "/healthz",
            "/readyz",
        )
    )


def _password_is_due(user: User) -> bool:
    if user.must_change_password:
        return True
    days = settings.CHENGGUAN_PASSWORD_DAYS
    if not days or user.is_system:
        return False
    since = user.password_changed_at or user.created_at
    return timezone.now() - since > timedelta(days=days)


def _second_factor_is_due(request: HttpRequest) -> bool:
    if not settings.CHENGGUAN_SECOND_FACTOR or request.session.get(sessions.SECOND_FACTOR):
        return False
    return any(held.separate for held in requests.principal(request).grants)


def _sent_to_sign_in(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Lead a form or a page's part to the sign-in as a page, and back to where the person was.

    An address that takes forms only would be blank afterwards, and htmx would put the sign-in into
    the middle of the page that asked.
    """
    led = response.get("Location", "").startswith(f"{settings.LOGIN_URL}?")
    if not led or request.user.is_authenticated or not _is_of_a_page(request):
        return response
    error = DomainError("accounts.signed_out", "登录已过期。", status=401, mend="请重新登录。")
    return _answer(request, error, _sign_in(request))


def _sign_in(request: HttpRequest) -> str:
    asked = {"next": _page(request)}
    if request.method == "POST":
        asked["lost"] = "1"
    return f"{reverse('account_login')}?{urlencode(asked)}"


def _page(request: HttpRequest) -> str:
    """Give the address of the page the person sees: of a form or a part, the one it stands on."""
    if not _is_of_a_page(request):
        return request.get_full_path()
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host():
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_of_a_page(request: HttpRequest) -> bool:
    return request.method == "POST" or request.headers.get("HX-Request") == "true"


def _ended(request: HttpRequest, code: str, sentence: str) -> HttpResponseBase:
    target = _sign_in(request)
    logout(request)
    error = DomainError(code, sentence, status=401, mend="请重新登录。")
    return _answer(request, error, target)


def _led(request: HttpRequest, name: str, code: str, sentence: str) -> HttpResponseBase:
    return _answer(request, NotAllowed(code, sentence, mend="请在页面上办理。"), reverse(name))


def _answer(request: HttpRequest, error: DomainError, target: str) -> HttpResponseBase:
    if request.path.startswith(_API):
        return JsonResponse(
            error.problem(),
            status=error.status,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponseRedirect(target)

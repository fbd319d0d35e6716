"""What a session remembers: when it was last used, and whether a second factor opened it."""

from __future__ import annotations

from time import time

from django.conf import settings
from django.http import HttpRequest

from chengguan.accounts import requests
from chengguan.accounts.models import User
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.ui.refusal import is_background

SEEN = "chengguan_seen"
SECOND_FACTOR = "chengguan_second_factor"
#: The id of the screen a session shows on; such a session has rules of its own.
SCREEN = "chengguan_screen"
# The time of last use is written at most once in so many seconds: one UPDATE a minute, not a request.
_COARSE = 60


def begin(request: HttpRequest, user: User, *, second_factor: bool) -> None:
    """Start counting idle time; the session becomes the account's current one."""
    request.session[SEEN] = int(time())
    request.session[SECOND_FACTOR] = second_factor
    keep_key(request, user)


def keep_key(request: HttpRequest, user: User) -> None:
    """Remember the key of the account's current session, for accounts with a single one."""
    key = request.session.session_key or ""
    user.session_key = key
    User.objects.filter(pk=user.pk).update(session_key=key)


def is_idle_too_long(request: HttpRequest) -> bool:
    """Say whether nobody used the session for longer than the settings allow."""
    seen: int = request.session.get(SEEN, 0)
    return time() - seen > settings.CHENGGUAN_IDLE_MINUTES * 60


def touch(request: HttpRequest) -> None:
    """Note that a person used the session now; what a page fetches by itself does not count."""
    if is_background(request):
        return
    now = int(time())
    if now - request.session.get(SEEN, 0) >= _COARSE:
        request.session[SEEN] = now


def end_dead(request: HttpRequest, user_id: str) -> None:
    """End a session whose account is locked or off, or has another password now; audit its use.

    The session goes with it, so that there is one entry however often it is tried.
    """
    user = User.objects.filter(pk=user_id).first()
    reason = "gone"
    if user is not None:
        reason = "locked" if user.locked else "password" if user.is_active else "off"
    request.session.flush()
    record(
        "accounts.session_refused",
        actor=Actor(
            user.pk if user else None,
            user.name if user else "",
            ip=requests.client_ip(request),
            request_id=requests.request_id(request),
        ),
        subject_type="accounts.user",
        subject_id=user.username if user else user_id,
        result=Result.REFUSED,
        detail={"reason": reason, "path": request.path[:500]},
    )


def is_another(request: HttpRequest, user: User) -> bool:
    """Say whether an account that may have one session only has a newer one."""
    return (
        user.single_session
        and bool(user.session_key)
        and (user.session_key != request.session.session_key)
    )

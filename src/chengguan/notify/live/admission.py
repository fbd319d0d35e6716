"""Who opens a stream: by bearer token or session cookie, asked again while it is open.

Asking neither writes nor prolongs the session: an open page is not a person at work, so the
idle time-out of the session runs on beneath it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from time import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from chengguan.accounts import sessions
from chengguan.accounts.domain import loading, screens
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.tokens import principal_of_token
from chengguan.accounts.models import User


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request shows: a bearer token or a session key."""

    token: str = ""
    session: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Claim:
        """Read the claim; with a bearer header the cookie is not looked at."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return cls(token=token.strip())
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
        except CookieError:
            return cls()
        return cls(session=cookie.value if cookie else "")

    def principal(self) -> Principal | None:
        """Give whose claim it is, now; None for nobody. Two statements; runs in a thread."""
        close_old_connections()
        if self.token:
            return principal_of_token(self.token)
        return _of_session(self.session) if self.session else None


def _of_session(key: str) -> Principal | None:
    data = SessionStore(key).load()
    user_id = data.get(SESSION_KEY)
    if user_id is None:
        return None
    loaded = loading.by_id(int(user_id))
    if loaded is None:
        return None
    if not _is_living(data, key, loaded.user(), loaded.principal):
        return None
    if settings.CHENGGUAN_SECOND_FACTOR and not data.get(sessions.SECOND_FACTOR):
        separate = any(held.separate for held in loaded.principal.grants)
        return None if separate else loaded.principal
    return loaded.principal


def _is_living(data: Mapping[str, Any], key: str, user: User, who: Principal) -> bool:
    """The rules of accounts.middleware, without its writing."""
    if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return False
    screen = data.get(sessions.SCREEN)
    if screen is not None:
        # A wall: the address was asked when its page was; here it hears that something changed.
        return screens.is_showing(screen, who, timezone.now(), anywhere=True)
    if time() - data.get(sessions.SEEN, 0) > settings.CHENGGUAN_IDLE_MINUTES * 60:
        return False
    if user.single_session and user.session_key and user.session_key != key:
        return False
    return not user.must_change_password


def is_our_host(host: str) -> bool:
    """Say whether the Host header names this deployment (DNS rebinding)."""
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def is_our_origin(origin: str, host: str) -> bool:
    """Say whether a page of ours asks: the same host (the stream has a port of its own), or one named.

    Without an Origin header it is no page of another site that asks.
    """
    if not origin:
        return True
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    parts = urlsplit(origin)
    name, _ = split_domain_port(host)
    return parts.scheme in {"http", "https"} and parts.hostname == name.strip("[]").lower()

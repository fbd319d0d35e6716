"""What a request says of who asks: the address, the request id, the principal."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.domain.tokens import principal_of_token
from chengguan.accounts.models import User

_BEARER = "bearer "
_KEPT = "_chengguan_principal"


def principal(request: HttpRequest) -> Principal:
    """Give who asks: by bearer token when there is one, else by session; remembered on the request.

    With a bearer header the session is not read at all, and a bad token is nobody.
    """
    found = getattr(request, _KEPT, None)
    if isinstance(found, Principal):
        return found
    ip, identifier = client_ip(request), request_id(request)
    raw = bearer(request)
    if raw is not None:
        known = principal_of_token(raw, request)
    else:
        user: User | AnonymousUser | None = getattr(request, "user", None)
        known = None
        if user is not None and user.is_authenticated:
            known = principal_of(user, ip=ip, request_id=identifier)
    who = known or Principal.nobody(ip=ip, request_id=identifier)
    setattr(request, _KEPT, who)
    return who


def bearer(request: HttpRequest) -> str | None:
    """Give the bearer token of the request, None without the header."""
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    return header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else None


def client_ip(request: HttpRequest) -> str | None:
    """Give the address of who asks; a forwarded one is believed only from CHENGGUAN_PROXIES."""
    near: str | None = request.META.get("REMOTE_ADDR") or None
    proxies = settings.CHENGGUAN_PROXIES
    if near not in proxies:
        return near
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    # From the right: the last hop that is not one of our own proxies.
    for hop in reversed(hops):
        if hop and hop not in proxies:
            return hop if _is_address(hop) else near
    return near


def request_id(request: HttpRequest) -> str:
    """Give the id the request is logged under, empty where none was given."""
    return str(request.META.get("chengguan.request_id", ""))[:40]


def forget(request: HttpRequest) -> None:
    """Forget the remembered principal: the account behind the request has changed."""
    if hasattr(request, _KEPT):
        delattr(request, _KEPT)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

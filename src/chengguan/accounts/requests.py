"""What a request says of who asks: the address, the request id, the principal."""

from __future__ import annotations

from django.conf import settings
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
        user = getattr(request, "user", None)
        known = principal_of(user, ip=ip, request_id=identifier) if isinstance_user(user) else None
    who = known or Principal.nobody(ip=ip, request_id=identifier)
    setattr(request, _KEPT, who)
    return who


def bearer(request: HttpRequest) -> str | None:
    """Give the bearer token of the request, None without the header."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    return header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else None


def client_ip(request: HttpRequest) -> str | None:
    """Give the address of who asks; a forwarded one is believed only from CHENGGUAN_PROXIES."""
    near = request.META.get("REMOTE_ADDR") or None
    proxies: frozenset[str] = getattr(settings, "CHENGGUAN_PROXIES", frozenset())
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


def isinstance_user(user: object) -> bool:
    """Say whether somebody is signed in (the lazy `request.user` is looked through)."""
    return bool(getattr(user, "is_authenticated", False)) and isinstance(
        getattr(user, "pk", None), int
    )


def forget(request: HttpRequest) -> None:
    """Forget the remembered principal: the account behind the request has changed."""
    if hasattr(request, _KEPT):
        delattr(request, _KEPT)


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return True


__all__ = ["User", "bearer", "client_ip", "forget", "principal", "request_id"]

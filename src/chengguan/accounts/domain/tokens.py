"""Bearer tokens of the API: shown once, kept as SHA-256 only."""

from __future__ import annotations

from hashlib import sha256

from django.http import HttpRequest

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal


def principal_of_token(raw: str, request: HttpRequest | None = None) -> Principal | None:
    """Give who a bearer token speaks for, None when it is unknown, expired or revoked.

    One statement, kept for at most a second per process.
    """
    loaded = loading.by_token(digest_of(raw))
    if loaded is None:
        return None
    if request is None:
        return loaded.principal
    from chengguan.accounts import requests

    return loaded.principal.at(
        ip=requests.client_ip(request), request_id=requests.request_id(request)
    )


def digest_of(raw: str) -> str:
    """Give the hexadecimal SHA-256 a token is kept as."""
    return sha256(raw.encode()).hexdigest()

"""Who calls the API: a bearer token, or the session of our own pages. `request.auth` is the Principal."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.domain.tokens import principal_of_token


class Bearer(HttpBearer):
    """`Authorization: Bearer …`."""

    def authenticate(self, request: HttpRequest, token: str) -> Principal | None:
        return principal_of_token(token, request)


class SessionCookie(APIKeyCookie):
    """The session cookie; ninja asks for the CSRF token on writes."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Principal | None:
        if not key or not request.user.is_authenticated:
            return None
        return principal_of_request(request)


BEARER = Bearer()
COOKIE = SessionCookie(csrf=True)

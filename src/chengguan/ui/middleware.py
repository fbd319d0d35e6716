"""The edge of every page: the content security policy, and errors turned into answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from chengguan.core.errors import DomainError, Invalid

from .basemap import base_map
from .refusal import refuse

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_API = "/api/"
#: Answers that are no pages: opened as one, they may load and do nothing.
_OF_DATA = "default-src 'none'; frame-ancestors 'none'"


class ContentSecurityMiddleware:
    """Allow scripts and styles from our own origin, or with the nonce of this answer.

    `request.csp_nonce` is for the rare inline script. Pages hold no style attributes;
    what moves is set through the DOM, which the policy allows.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(_API):
            response = self.get_response(request)
            is_page = response.get("Content-Type", "").startswith("text/html")
            response.setdefault("Content-Security-Policy", policy("") if is_page else _OF_DATA)
            return response
        request.csp_nonce = nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = policy(nonce)
        response.setdefault(
            "Permissions-Policy", "camera=(self), geolocation=(self), microphone=()"
        )
        return response


class DomainErrorMiddleware:
    """Answer a `DomainError` in the form the client asked for: page, fragment or problem+json."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Django's answer is an empty page: whoever came by address or by "back" would see nothing.
        if isinstance(response, HttpResponseNotAllowed) and not request.path_info.startswith(_API):
            allowed = response["Allow"]
            response = refuse(request, _not_by_address())
            response["Allow"] = allowed
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if isinstance(exception, DomainError):
            return refuse(request, exception)
        # No database takes one, and nobody types one: what a form of ours doesn't check ends here.
        if isinstance(exception, ValueError | DataError) and _has_null(request):
            return refuse(
                request,
                Invalid(
                    "request.null", "内容里有不能识别的字符（空字符）。", mend="请删除后重新提交。"
                ),
            )
        return None


def _not_by_address() -> DomainError:
    return DomainError(
        "page.method",
        "这个地址只接收页面上的按钮和表单，不能直接打开。",
        status=405,
        mend="请回到原来的页面办理。",
    )


def _has_null(request: HttpRequest) -> bool:
    sent = [text for data in (request.GET, request.POST) for pair in data.lists() for text in pair]
    return any("\x00" in part for text in (request.path_info, *sent) for part in text)


def policy(nonce: str) -> str:
    """Return the policy; a base map or a stream on another origin is named, nothing else is.

    Without a nonce no script or style of the page's own text runs.
    """
    maps = [origin] if (origin := base_map().origin) else []
    stream = _origins(settings.CHENGGUAN_STREAM_URL)
    own = f" 'nonce-{nonce}'" if nonce else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{own}",
            f"style-src 'self'{own}",
            " ".join(("img-src 'self' data: blob:", *maps)),
            " ".join(("connect-src 'self'", *maps, *stream)),
            "worker-src 'self' blob:",
            "font-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


@lru_cache(maxsize=8)
def _origins(*addresses: str) -> list[str]:
    parts = (urlsplit(address) for address in addresses if address)
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc})

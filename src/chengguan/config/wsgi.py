"""The pages and the API as a WSGI application.

Requests with a bearer token pass fewer middlewares: the same answer, tested to the header.
"""

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from chengguan.config import logs

logs.to_stderr(os.environ.get("CHENGGUAN_LOG_LEVEL", "INFO"))


class TokenHandler(WSGIHandler):
    """Django's handler with the middlewares of `CHENGGUAN_TOKEN_MIDDLEWARE`."""

    def load_middleware(self, is_async: bool = False) -> None:
        # Read from the settings only here, before the first request.
        pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.CHENGGUAN_TOKEN_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = pages


def load_addresses() -> None:
    """Import every view now instead of at the first request; opens no connection."""
    _ = get_resolver().url_patterns
    _keep_what_is_loaded()


def _keep_what_is_loaded() -> None:
    # What is loaded now stays: the cycle collector need not walk it again, nor begin at every
    # 700 objects.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 5)


_pages = get_wsgi_application()
_tokens = TokenHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer by the handler for who asks."""
    bearer = environ.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer "
    if bearer and environ.get("PATH_INFO", "").startswith("/api/"):
        return _tokens(environ, start_response)
    return _pages(environ, start_response)


_keep_what_is_loaded()

"""The answer of last resort (`handler500`): the database is away, or the fault is ours.

An error under a middleware never reaches the ones above it, and half of what a page needs (the
session, who asks) is read there; so this is asked by Django wherever an error ends. While the
database is away nothing here may need it: the templates are rendered without a request, since
what the shell shows of a person would be read again.
"""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import Final

import psycopg
from django import db
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from chengguan.config import api_problems
from chengguan.config.api_json import problem_response
from chengguan.core.errors import DomainError
from chengguan.ui.refusal import is_fragment, say_above, wants_json

_AWAY: Final = (
    db.OperationalError,
    db.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
RETRY_AFTER: Final = "5"

log = logging.getLogger("chengguan.pages")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when the error being handled says that the database is away, else 500."""
    error = sys.exc_info()[1]
    if not isinstance(error, _AWAY):
        return defaults.server_error(request)
    log.error("database unavailable", exc_info=error)
    response = _unavailable(request)
    response["Retry-After"] = RETRY_AFTER
    response["Cache-Control"] = "no-store"
    return response


def _unavailable(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/") or wants_json(request):
        return problem_response(api_problems.from_status(HTTPStatus.SERVICE_UNAVAILABLE))
    identifier = str(request.META.get("chengguan.request_id", ""))
    error = DomainError(
        "page.unavailable",
        "数据库暂时连不上，这次操作没有得到确认。",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        mend=f"请稍候重试；如持续出现，请把请求编号 {identifier} 告诉系统管理员。",
    )
    if is_fragment(request):
        text = render_to_string("ui/refusal_fragment.html", {"error": error})
        return say_above(request, HttpResponse(text, status=error.status))
    # A form isn't sent again by a click: nobody knows yet whether it was taken.
    again = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    text = render_to_string("503.html", {"error": error, "again": again})
    return HttpResponse(text, status=error.status)

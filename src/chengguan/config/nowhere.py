"""An address that there is not: a page for people, a problem for programs."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from chengguan.config import api_problems
from chengguan.config.api_json import problem_response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 in the form in which the rest of that address answers."""
    if request.path_info.startswith("/api/"):
        return problem_response(api_problems.from_status(HTTPStatus.NOT_FOUND))
    return page_not_found(request, exception)

"""One refusal, three forms: a page, an htmx fragment, or RFC 9457 problem+json."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from chengguan.core.errors import DomainError

TITLES = {
    400: "无法办理",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不能直接打开",
    409: "情况已经变化",
    422: "填写有误",
    429: "请稍后再试",
}


def is_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asked for a part of a page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-Request-Type", "partial") != "full"
    )


def is_background(request: HttpRequest) -> bool:
    """Say whether a page asks by itself, which is nobody's work and nobody waits for."""
    return request.headers.get("X-Background") == "1"


def wants_json(request: HttpRequest) -> bool:
    """Say whether the client prefers JSON to a page."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer an error with its sentence and its mend, in the status it carries."""
    if wants_json(request):
        return JsonResponse(
            error.problem(),
            status=error.status,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
    fragment = is_fragment(request)
    template = "ui/refusal_fragment.html" if fragment else "ui/refusal.html"
    context = {"error": error, "title": TITLES.get(error.status, "无法办理")}
    response = render(request, template, context, status=error.status)
    return say_above(request, response) if fragment else response


def say_above(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let htmx leave the part of the page that was asked for as it is, and put the answer above."""
    response["HX-Retarget"], response["HX-Reswap"] = _place(request), "innerHTML"
    return response


def _place(request: HttpRequest) -> str:
    """Return where a fragment's refusal is said: where the form asks for it, else above the page."""
    asked = request.headers.get("X-Refusals", "")
    return asked if re.fullmatch(r"#[a-z][a-z-]{1,40}", asked) else "#flash"

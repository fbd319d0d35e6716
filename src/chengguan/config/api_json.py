"""JSON in and out of the API: orjson for answers, problem+json for refusals."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic_core import from_json


class JsonRenderer(BaseRenderer):
    """Answers as UTF-8 JSON; datetimes as RFC 3339, Decimal as text."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return dump(data)


class JsonParser(Parser):
    """Bodies as strict JSON (RFC 8259): no NaN; whole numbers stay whole, however large."""

    def parse_body(self, request: HttpRequest) -> Any:
        return from_json(request.body, allow_inf_nan=False)


def dump(data: Any) -> bytes:
    """Give `data` as JSON bytes."""
    return orjson.dumps(data, default=str)


def problem_response(problem: dict[str, Any]) -> HttpResponse:
    """Answer with a problem (RFC 9457) under its own status."""
    return HttpResponse(
        dump(problem), status=problem["status"], content_type="application/problem+json"
    )

"""What requests tell the house at start: how many wait, on the first page of who decides them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.ui import slots

from .queries import to_decide

_KEPT: Final = "_chengguan_requests_to_decide"


def connect() -> None:
    """Fill the first page's heading and its row of numbers."""
    slots.fill("portal.home.heading", _heading)
    slots.fill("portal.home.numbers", _tile)


def _heading(context: Mapping[str, Any]) -> SafeString:
    return _said("command/requests/home_heading.html", context)


def _tile(context: Mapping[str, Any]) -> SafeString:
    return _said("command/requests/home_tile.html", context)


def _said(template: str, context: Mapping[str, Any]) -> SafeString:
    number = _number(context["request"])
    return render_to_string(template, {"number": number}) if number else SafeString("")


def _number(request: HttpRequest) -> int:
    """Count what waits for who asks as its page does, once a request: two places show it."""
    found = getattr(request, _KEPT, None)
    if not isinstance(found, int):
        found = to_decide(principal_of_request(request)).count()
        setattr(request, _KEPT, found)
    return found

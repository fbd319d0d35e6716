"""What requests tell the house at start: how many wait, on the first page of who decides them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.ui import slots

from .queries import counts, only_answers, to_decide

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
    counted = _counted(context["request"])
    number = sum(count for _, _, count in counted)
    said = {"number": number, "answers": only_answers(counted)}
    return render_to_string(template, said) if number else SafeString("")


def _counted(request: HttpRequest) -> list[tuple[str, str, int]]:
    """Count what waits for who asks as its page does, once a request: two places show it."""
    found = getattr(request, _KEPT, None)
    if not isinstance(found, list):
        found = counts(to_decide(principal_of_request(request)))
        setattr(request, _KEPT, found)
    return found

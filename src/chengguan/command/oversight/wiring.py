"""What oversight puts on the first page of who oversees: how much is late, and the latest of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.ui import slots

from .queries import TABS, counts, latest

#: Beside numbers of cases that wait for the person himself: only what he would act on.
_TILES: Final = ("late", "early", "running")
_SHOWN: Final = 10
_KEPT: Final = "_chengguan_oversight_counts"


def connect() -> None:
    """Fill the first page's heading, its row of numbers, and the place of an empty queue."""
    slots.fill("portal.home.heading", _heading, order=90)
    slots.fill("portal.home.numbers", _tiles)
    slots.fill("portal.home.instead", _list)


def _heading(context: Mapping[str, Any]) -> SafeString:
    number = _counts(context["request"]).get("late", 0)
    if not number:
        return SafeString("")
    return render_to_string("command/oversight/home_heading.html", {"number": number})


def _tiles(context: Mapping[str, Any]) -> SafeString:
    found = _counts(context["request"])
    if not found:
        return SafeString("")
    shown = [(tab, TABS[tab], found[tab]) for tab in _TILES if found[tab]]
    return render_to_string("command/oversight/home_tiles.html", {"tiles": shown})


def _list(context: Mapping[str, Any]) -> SafeString:
    principal, now = principal_of_request(context["request"]), timezone.now()
    if not principal.can(Capability.OVERSEE):
        return SafeString("")
    rows = latest(principal, "late", now, _SHOWN)
    if not rows:
        return SafeString("")
    return render_to_string("command/oversight/home_list.html", {"rows": rows, "now": now})


def _counts(request: HttpRequest) -> dict[str, int]:
    """Count the tabs once a request, for two places show them; nothing for who doesn't oversee."""
    found = getattr(request, _KEPT, None)
    if not isinstance(found, dict):
        principal = principal_of_request(request)
        found = counts(principal, timezone.now()) if principal.can(Capability.OVERSEE) else {}
        setattr(request, _KEPT, found)
    return found

"""Choosing an area step by step: district, street, community, grid.

One address serves both: a page of its own whose links lead back to where one came from with the
area chosen (no script needed), and the panel that a script opens beside the field.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chengguan.ui.refusal import is_fragment

from .domain.locate import LENGTHS, chain
from .domain.tree import top, within

_CODE: Final = re.compile(r"[0-9]{2,15}")
_FIELD: Final = re.compile(r"[a-z][a-z_]{0,30}")
_LONGEST: Final = 60_000


@login_required
@require_safe
def pick_page(request: HttpRequest) -> HttpResponse:
    """Show what lies within `at`, to choose or to go into; the whole page, or its panel alone."""
    at, back, field = _at(request), _back(request), request.GET.get("field", "area")
    if not _FIELD.fullmatch(field):
        field = "area"
    inside = within(at)
    if not inside and at:
        # A grid has nothing within: it is shown among its neighbours.
        above = chain(at[: max((n for n in LENGTHS if n < len(at)), default=0)])
        at = above[-1].code if above else top()
        inside = within(at)
    chosen = request.GET.get("at", "")
    context: dict[str, Any] = {
        "at": at,
        "field": field,
        "back": back,
        "chosen": chosen,
        "above": [(ref, _chosen(back, field, ref.code)) for ref in chain(at)],
        "inside": [(ref, _chosen(back, field, ref.code), len(within(ref.code))) for ref in inside],
        "cleared": _chosen(back, field, ""),
    }
    template = (
        "registry/area_pick_panel.html" if is_fragment(request) else "registry/area_pick.html"
    )
    return render(request, template, context)


def _at(request: HttpRequest) -> str:
    asked = request.GET.get("at", "")
    if _CODE.fullmatch(asked) and chain(asked):
        return chain(asked)[-1].code
    return top()


def _back(request: HttpRequest) -> str:
    """Read where to go back to: a path of our own, nothing else.

    Not Django's check, which refuses what is longer than 2,048 characters (a drawing is) and lets a
    tab between two slashes pass, which browsers drop.
    """
    back = request.GET.get("back", "")[:_LONGEST]
    if any(one <= " " or one == "\\" or one == "\x7f" for one in back):
        return "/"
    parts = urlsplit(back)
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    return back if own and "//" not in parts.path else "/"


def _chosen(back: str, field: str, code: str) -> str:
    """Give the address to go back to, with the area and from the first page on."""
    parts = urlsplit(back)
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name not in (field, "cursor", "page")
    ]
    query = urlencode([*kept, (field, code)] if code else kept)
    return f"{parts.path}?{query}" if query else parts.path

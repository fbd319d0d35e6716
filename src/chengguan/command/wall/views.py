"""The wall: its frame once, and the fragment that keeps it fresh."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.registry.views import city_start
from chengguan.store.brief import Brief
from chengguan.ui.assets import release
from chengguan.ui.clockface import exact
from chengguan.ui.recipe.views import need

from ..figures.queries import names_cases, reach_of
from .board import map_data, wall_of
from .drawing import hours
from .places import shapes


@dataclass(frozen=True, slots=True)
class Drawn:
    """What all of one reach are given: the bytes, their tag (instants left out), the instant."""

    body: bytes
    tag: str
    at: datetime


#: All who have the same reach are given the same bytes for so long; browsers wait a little longer
#: after news (`X-Kept`), so that what they are given was counted after it.
SECONDS: Final = 0.5
_drawn: Final[Brief[Drawn]] = Brief()
#: The instant stands in each card and would make every answer a new one.
_INSTANT: Final = re.compile(rb'<time class="counted-at".*?</time>')


@login_required
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Show the wall; it never has to be loaded again."""
    need(request, Capability.WALL, "打开大屏")
    principal = principal_of_request(request)
    drawn = _board(principal)
    context = {
        "board": drawn.body.decode(),
        "tag": drawn.tag,
        "release": release(),
        "start": city_start(),
    }
    return render(request, "command/wall/wall.html", context)


@login_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Answer what the wall shows now; 304 with the new instant where nothing else has changed."""
    need(request, Capability.WALL, "打开大屏")
    drawn = _board(principal_of_request(request))
    if request.headers.get("If-None-Match") == drawn.tag:
        return HttpResponse(status=304, headers=_headers(drawn))
    return HttpResponse(drawn.body, headers=_headers(drawn))


@login_required
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Answer the shapes of the map as GeoJSON."""
    need(request, Capability.WALL, "打开大屏")
    body = shapes(principal_of_request(request))
    return HttpResponse(body, content_type="application/geo+json")


def _board(principal: Principal) -> Drawn:
    key = (reach_of(principal), names_cases(principal), _wall_reach(principal))
    return _drawn.get(key, SECONDS, lambda: _draw(principal))


def _headers(drawn: Drawn) -> dict[str, str]:
    return {
        "ETag": drawn.tag,
        "X-Counted": f"{drawn.at.isoformat()} {exact(drawn.at)[-8:]}",
        "Cache-Control": "no-store",
        "X-Release": release(),
        "X-Kept": str(SECONDS),
    }


def _wall_reach(principal: Principal) -> tuple[str, ...]:
    # People on duty are counted by the areas of both, whatever cases the viewer may see.
    both = (Capability.WALL, Capability.SEE_PEOPLE)
    return tuple(sorted(held.area_code for one in both for held in principal.holding(one)))


def _draw(principal: Principal) -> Drawn:
    found = wall_of(principal)
    context = {
        "wall": found, "board": found.board, "hours": hours(found.weather), "map": map_data(found),
        "names": names_cases(principal), "now": timezone.now(),
    }  # fmt: skip
    body = render_to_string("command/wall/board.html", context).encode()
    tag = blake2s(_INSTANT.sub(b"", body), digest_size=12).hexdigest()
    return Drawn(body, f'W/"{tag}"', found.board.at)

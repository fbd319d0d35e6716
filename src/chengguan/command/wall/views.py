"""The wall: its frame once, and the fragment that keeps it fresh."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
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
from chengguan.store.answers import Alike
from chengguan.ui.assets import release
from chengguan.ui.recipe.views import need

from ..figures.queries import names_cases, reach_of
from .board import map_data, wall_of
from .drawing import hours
from .places import shapes

#: All who have the same reach are given the same.
_boards: Final = Alike()


@login_required
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """Show the wall; it never has to be loaded again."""
    need(request, Capability.WALL, "打开大屏")
    principal = principal_of_request(request)
    drawn = _boards.get(_alike(principal), lambda: _draw(principal))
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
    principal = principal_of_request(request)
    return _boards.answer(request, _alike(principal), lambda: _draw(principal))


@login_required
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Answer the shapes of the map as GeoJSON."""
    need(request, Capability.WALL, "打开大屏")
    body = shapes(principal_of_request(request))
    return HttpResponse(body, content_type="application/geo+json")


def _alike(principal: Principal) -> Hashable:
    return reach_of(principal), names_cases(principal), _wall_reach(principal)


def _wall_reach(principal: Principal) -> tuple[str, ...]:
    # People on duty are counted by the areas of both, whatever cases the viewer may see.
    both = (Capability.WALL, Capability.SEE_PEOPLE)
    return tuple(sorted(held.area_code for one in both for held in principal.holding(one)))


def _draw(principal: Principal) -> tuple[str, datetime]:
    found = wall_of(principal)
    context = {
        "wall": found, "board": found.board, "hours": hours(found.weather), "map": map_data(found),
        "names": names_cases(principal), "now": timezone.now(),
    }  # fmt: skip
    return render_to_string("command/wall/board.html", context), found.board.at

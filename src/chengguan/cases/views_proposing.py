"""What a caller's words propose, as a fragment that a page swaps in while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import DomainError
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.locate import locate
from chengguan.registry.forms import read_matter
from chengguan.ui.recipe.views import need

from .domain.duplicates import Candidate, candidates
from .domain.proposing import Proposal, propose
from .places import checked_point, outside
from .queries import cases_visible_to

_LONGEST = 2_000


@login_required
@require_POST
def propose_page(request: HttpRequest) -> HttpResponse:
    """Answer the proposals for `text`, `address`, a chosen point (`lon`, `lat`) and `matter`.

    By POST though nothing is written: what a caller says must not end in logs of addresses.
    """
    need(request, Capability.REPORT, "上报问题")
    return render(
        request, "cases/proposals.html", proposals(principal_of_request(request), request.POST)
    )


def proposals(principal: Principal, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the fragment shows; a point or matter that can't be read counts as not chosen.

    A form sends back what stood in it: a matter that is still the one proposed (`first`), or a
    point that only followed the words (`followed`), was not chosen by anybody.
    """
    text, address = str(asked.get("text", ""))[:_LONGEST], str(asked.get("address", ""))[:200]
    point, problem = _point(asked)
    matter = str(asked.get("matter", ""))
    chosen = _matter(matter) if matter != asked.get("first") else None
    found = propose(
        principal,
        text=text,
        address=address,
        point=point,
        at=timezone.now(),
        chosen=chosen,
        component_code=str(asked.get("component", ""))[:17],
    )
    rule = _rule(found, asked)
    duplicates = near(principal, found)
    return {
        "found": found,
        "asked": bool(text.strip() or address.strip() or point),
        "problem": problem,
        # From the district down: that it is in our city is understood.
        "area": [one for one in found.area if len(one.code) >= 6],
        "chosen": catalogue.matter(*found.matter) if found.matter else None,
        "first": "" if chosen or not found.matter else ":".join(found.matter),
        "listed": found.matter in [(one.kind, one.code) for one in found.matters],
        "point_by_hand": point is not None,
        "rule": rule,
        "first_rule": found.rules[0].id if found.rules else "",
        "near": duplicates,
        "same_as": asked.get("same_as", ""),
        "features": _features(found, duplicates),
    }


def _rule(found: Proposal, asked: Mapping[str, Any]) -> int | None:
    ids = [one.id for one in found.rules]
    said = str(asked.get("rule", ""))
    by_hand = said if said != str(asked.get("first_rule", "")) else ""
    return next((one for one in ids if str(one) == by_hand), ids[0] if ids else None)


def _features(found: Proposal, duplicates: list[Candidate]) -> dict[str, Any]:
    """Give the places and duplicates for the map, as a FeatureCollection."""
    marks: list[tuple[tuple[float, float], str, str]] = [
        (one.point, "place", one.name) for one in found.places
    ]
    marks += [(one.point, "case", one.number) for one in duplicates]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": list(point)},
                "properties": {"kind": kind, "title": title},
            }
            for point, kind, title in marks
        ],
    }


def near(principal: Principal, found: Proposal) -> list[Candidate]:
    """Give the visible open-ended duplicates of what is proposed: same matter, 50 m, 72 hours."""
    if found.matter is None or found.point is None:
        return []
    rows = candidates(*found.matter, found.point, timezone.now())
    if not rows:
        return []
    seen = cases_visible_to(principal).filter(pk__in=[row.id for row in rows])
    ids = set(seen.values_list("pk", flat=True))
    return [row for row in rows if row.id in ids]


def _point(asked: Mapping[str, Any]) -> tuple[tuple[float, float] | None, DomainError | None]:
    if not asked.get("lon") or not asked.get("lat"):
        return None, None
    if f"{asked['lon']},{asked['lat']}" == asked.get("followed"):
        return None, None
    try:
        point = checked_point([asked["lon"], asked["lat"]])
    except DomainError as error:
        return None, error
    return point, (None if locate(*point) else outside(point))


def _matter(text: str) -> tuple[str, str] | None:
    try:
        kind, code = read_matter(text)
    except DomainError:
        return None
    return (kind, code) if code else None

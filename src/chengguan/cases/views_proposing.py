"""What a caller's words propose, as a fragment that a page swaps in while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

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
@require_GET
def propose_page(request: HttpRequest) -> HttpResponse:
    """Answer the proposals for `text`, `address`, a chosen point (`lon`, `lat`) and `matter`."""
    need(request, Capability.REPORT, "上报问题")
    return render(
        request, "cases/proposals.html", proposals(principal_of_request(request), request.GET)
    )


def proposals(principal: Principal, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the fragment shows; a point or matter that can't be read counts as not chosen."""
    text, address = str(asked.get("text", ""))[:_LONGEST], str(asked.get("address", ""))[:200]
    point, problem = _point(asked)
    chosen = _matter(str(asked.get("matter", "")))
    component = str(asked.get("component", ""))[:17]
    now = timezone.now()
    found = propose(
        principal, text=text, address=address, point=point, at=now, chosen=chosen, component_code=component
    )  # fmt: skip
    return {
        "found": found,
        "asked": bool(text.strip() or address.strip() or point),
        "problem": problem,
        "chosen": catalogue.matter(*found.matter) if found.matter else None,
        "chosen_by_hand": chosen is not None,
        "listed": found.matter in [(one.kind, one.code) for one in found.matters],
        "point_by_hand": point is not None,
        "rule": str(asked.get("rule", "")),
        "near": near(principal, found),
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

"""Vehicles on the map: where each was last, and how long ago."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.telemetry.models import Latest
from chengguan.telemetry.queries import age_of, latest_visible_to
from chengguan.ui.recipe.views import need

_MOST: Final = 5_000


@login_required
def vehicles(request: HttpRequest) -> JsonResponse:
    """Answer the vehicles whose position lies in the areas the person sees (GeoJSON)."""
    need(request, Capability.SEE_REGISTRY, "查看台账")
    now = timezone.now()
    found = list(latest_visible_to(principal_of_request(request))[: _MOST + 1])
    features = [_vehicle(one, now) for one in found[:_MOST]]
    body = {
        "type": "FeatureCollection",
        "features": features,
        "stale": sum(one["properties"]["stale"] for one in features),
        "truncated": len(found) > _MOST,
    }
    response = JsonResponse(body, content_type="application/geo+json")
    response["Cache-Control"] = "no-store"
    return response


def _vehicle(one: Latest, now: datetime) -> dict[str, Any]:
    age, vehicle = age_of(one.at, now), one.vehicle
    properties = {
        "title": str(vehicle),
        "code": vehicle.code,
        "kind": vehicle.get_kind_display(),
        "owner": vehicle.owner,
        "speed": "" if one.speed is None else f"{one.speed:.0f} 千米/时",
        "age": age.words,
        "stale": age.stale,
        "url": reverse("registry:vehicles-detail", args=[vehicle.code]),
    }
    return {
        "type": "Feature",
        "id": vehicle.pk,
        "geometry": {"type": "Point", "coordinates": list(one.point)},
        "properties": properties,
    }

"""What of the registry lies under any map of the platform."""

from __future__ import annotations

from math import cos, radians
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.store.today import local_today

from .enums import AreaLevel
from .models import Area

_OUTLINES: Final = 400


def areas_layer(principal: Principal, title: str = "区域") -> list[dict[str, Any]]:
    """Give the layer of areas for a map, none for who may not see the registry.

    His map would ask for it at every move and be refused.
    """
    if not principal.can(Capability.SEE_REGISTRY):
        return []
    return [{"url": reverse("registry:areas-features"), "window": True, "title": title}]


def outlines_around(point: tuple[float, float], metres: float) -> dict[str, Any]:
    """Give the communities and unit grids around a point (CGCS2000) as a FeatureCollection.

    Names and borders only, within a square of twice `metres`; two statements. For who may see
    what lies at the point, though not the registry: it is asked for no other place.
    """
    window = window_around(point, metres)
    today = local_today()
    rows = Area.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        Q(bbox__0__lte=window[2], bbox__2__gte=window[0]),
        Q(bbox__1__lte=window[3], bbox__3__gte=window[1]),
        geometry__isnull=False,
        valid_from__lte=today,
    ).only("code", "name", "level", "geometry")
    found = [
        one
        for level in (AreaLevel.COMMUNITY, AreaLevel.GRID)
        for one in rows.filter(level=level).order_by("code")[:_OUTLINES]
    ]
    return {"type": "FeatureCollection", "features": [_outline(one) for one in found]}


def window_around(point: tuple[float, float], metres: float) -> tuple[float, float, float, float]:
    """Give (west, south, east, north) of the square that reaches `metres` from a point."""
    lon, lat = point
    north = metres / 111_132
    east = north / max(cos(radians(lat)), 1e-6)
    return lon - east, lat - north, lon + east, lat + north


def _outline(area: Area) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": area.pk,
        "geometry": area.geometry,
        "properties": {
            "code": area.code,
            "name": area.name,
            "title": area.name,
            "level": area.level,
        },
    }

"""The map of one case: itself, and the open cases around it."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse

from chengguan.accounts.domain.principal import Principal
from chengguan.core.metres import distance_m
from chengguan.registry.layers import areas_layer, outlines_around, window_around
from chengguan.ui.clockface import face
from chengguan.ui.recipe.geometry import InWindow
from chengguan.workflow.domain import definition_of

from ..models import Case
from ..queries import cases_visible_to
from . import words

METRES: Final = 300.0
#: As far as the map of a case shows when it opens.
_GROUND: Final = 700.0
_SHOWN: Final = 200
# A case has seventy columns; two hundred of them whole are most of what the map costs.
_TOLD: Final = (
    "number",
    "definition_id",
    "state",
    "closed_at",
    "stage_due_at",
    "stage_warn_at",
    "kind",
    "matter_code",
    "text",
    "address",
    "point",
)


def map_of(principal: Principal, case: Case) -> dict[str, Any] | None:
    """Return the settings of the case's map; None where the place is not known."""
    if case.point is None:
        return None
    others = {
        "url": reverse("cases:features", args=[case.number]),
        "title": f"{METRES:.0f} 米内的在办案件",
        "style": "case",
    }
    here = {"data": feature(case), "title": "本案", "style": "here"}
    # Who handles cases may not see the registry, but where his case lies he must see.
    ground = areas_layer(principal, "网格") or [
        {"url": reverse("cases:ground", args=[case.number]), "title": "网格"}
    ]
    return {
        "layers": [*ground, others, here],
        "start": list(case.point),
        "zoom": 16,
    }


def ground_of(case: Case) -> dict[str, Any]:
    """Return communities and grids around a case, for who may see it, as a FeatureCollection."""
    if case.point is None:
        return {"type": "FeatureCollection", "features": []}
    return outlines_around(case.point, _GROUND)


def open_around(principal: Principal, case: Case) -> dict[str, Any]:
    """Return the open cases within 300 m that the person may see, as a FeatureCollection."""
    if case.point is None:
        return {"type": "FeatureCollection", "features": []}
    lon, lat = case.point
    window = window_around(case.point, METRES)
    rows = cases_visible_to(principal).filter(InWindow("point", window), closed_at__isnull=True)
    found = [
        one
        for one in rows.exclude(pk=case.pk).order_by("pk").only(*_TOLD)[:_SHOWN]
        if one.point and distance_m(lon, lat, *one.point) <= METRES
    ]
    return {"type": "FeatureCollection", "features": [feature(one) for one in found]}


def feature(case: Case) -> dict[str, Any]:
    """Return a case as a feature that a map can name, colour by its light, and open."""
    state = definition_of(case.definition_id).states[case.state].title
    point = {"type": "Point", "coordinates": list(case.point)} if case.point else None
    light = face(case.stage_due_at, case.stage_warn_at).light if case.closed_at is None else "none"
    return {
        "type": "Feature",
        "id": case.pk,
        "geometry": point,
        "properties": {
            "code": case.number,
            "title": words.matter_name(case.kind, case.matter_code) or case.text[:20] or "未定事项",
            # The address may say what no state does, such as that a case is made up.
            "note": " · ".join(filter(None, (state, case.address))),
            "light": light,
            "url": reverse("cases:detail", args=[case.number]),
        },
    }

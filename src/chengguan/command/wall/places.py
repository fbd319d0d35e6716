"""The shapes of the wall's map: communities, else streets, as GeoJSON made once per revision."""

from __future__ import annotations

from typing import Any, Final

import orjson
from shapely.geometry import mapping, shape

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area
from chengguan.store.cache import revised

#: Degrees; about ten metres, less than a pixel of a wall that shows a whole district.
_COARSE: Final = 0.0001


def shapes(principal: Principal) -> bytes:
    """Give the communities a person's figures may lie in, as a GeoJSON FeatureCollection."""
    prefixes = tuple(
        held.area_code
        for capability in (Capability.SEE_CASES, Capability.WALL)
        for held in principal.holding(capability)
    )
    return _shapes(tuple(sorted(set(prefixes))))


@revised("areas")
def _shapes(prefixes: tuple[str, ...]) -> bytes:
    features = [feature for code, feature in _communities() if code.startswith(prefixes)]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


@revised("areas")
def _communities() -> list[tuple[str, dict[str, Any]]]:
    rows = Area.objects.filter(level=AreaLevel.COMMUNITY, geometry__isnull=False, valid_to=None)
    found = rows.order_by("code").values_list("code", "name", "geometry", "centre")
    return [
        (code, _feature(code, name, geometry, centre)) for code, name, geometry, centre in found
    ]


def _feature(code: str, name: str, geometry: Any, centre: Any) -> dict[str, Any]:
    coarse = shape(geometry).simplify(_COARSE, preserve_topology=True)
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, "centre": list(centre) if centre else None},
        "geometry": mapping(coarse),
    }

"""What the map's tests put on it, and how they read a tile."""

from __future__ import annotations

from typing import Any, Final

import factories
import mapbox_vector_tile
import numpy as np
from django.test import Client

from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.core.tiles import Tile, steps
from chengguan.registry.models import Camera, Component
from chengguan.store import revisions

EAST: Final = f"{factories.STREET}002"
WEST: Final = f"{factories.STREET}001"


def tile_at(point: tuple[float, float], zoom: int) -> Tile:
    """Give the tile of a zoom that a point lies in."""
    x, y = (int(one[0]) >> (32 - zoom) for one in steps([point[0]], [point[1]]))
    return Tile(zoom, x, y)


def read(client: Client, layer: str, tile: Tile, **asked: str) -> dict[str, list[dict[str, Any]]]:
    """Give a tile's features by its layer."""
    answer = client.get(f"/map/tiles/{layer}/{tile}.mvt", asked)
    assert answer.status_code == 200, answer.content
    decoded = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    return {name: one["features"] for name, one in decoded.items()}


def count(found: dict[str, list[dict[str, Any]]]) -> int:
    """Give how many cases or things a tile tells of."""
    cells = sum(one["properties"]["n"] for one in found.get("cells", []))
    return int(cells + len(found.get("cases", [])) + len(found.get("things", [])))


def person_of(area_code: str, *capabilities: str) -> User:
    """Make a person whose posts reach one area alone."""
    given = capabilities or (Capability.SEE_CASES, Capability.SEE_REGISTRY, Capability.EXPORT)
    held = factories.post(f"of{area_code}", *given, name="片区")
    return factories.user("片区员", factories.organisation("片区"), held, area_code=area_code)


def components(number: int, area_code: str, *, seed: int = 7) -> None:
    """Put components into a community of the small city."""
    chance = np.random.default_rng(seed)
    community = 1 if area_code == WEST else 2
    Component.objects.bulk_create(
        Component(
            code=f"{community}{place:016d}",
            name="上水井盖",
            matter_code="01001",
            point=factories.inside(community, *chance.uniform(0.05, 0.95, 2).tolist()),
            area_code=f"{area_code}001",
            valid_from=factories.SINCE,
        )
        for place in range(number)
    )
    revisions.bump("components")


def camera(area_code: str = WEST, **columns: Any) -> Camera:
    """Put a camera that looks south-east into the western community."""
    given = {
        "code": "C1",
        "name": "环湖路口",
        "direction": 135.0,
        "point": factories.inside(1),
        "area_code": area_code,
    }
    made = Camera.objects.create(**{**given, "valid_from": factories.SINCE, **columns})
    revisions.bump("cameras")
    return made

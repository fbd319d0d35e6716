"""GeoJSON in and out of shapely, and the columns an area's geometry fills."""

from __future__ import annotations

from typing import Any, Final

import orjson
import shapely

from chengguan.core.metres import area_m2

POLYGONS: Final = frozenset({"Polygon", "MultiPolygon"})


def to_shape(geojson: Any) -> Any:
    """Read one GeoJSON geometry; the caller has checked its structure."""
    return shapely.from_geojson(orjson.dumps(geojson))


def to_geojson(geometry: Any) -> dict[str, Any]:
    """Write one geometry with every digit of its coordinates."""
    found: dict[str, Any] = orjson.loads(shapely.to_geojson(geometry))
    return found


def geometry_columns(geometry: Any) -> dict[str, Any]:
    """Give `geometry`, `bbox`, `centre` (a point inside) and `area_m2` of an area."""
    west, south, east, north = (float(value) for value in geometry.bounds)
    centre = shapely.point_on_surface(geometry)
    geojson = to_geojson(geometry)
    return {
        "geometry": geojson,
        "bbox": [west, south, east, north],
        "centre": (float(centre.x), float(centre.y)),
        "area_m2": round(area_m2(geojson), 2),
    }


def place_text(geometry: Any) -> str:
    """Say where a fault is: a point inside the geometry as 经度,纬度."""
    point = shapely.point_on_surface(geometry)
    return f"经度 {point.x:.6f}，纬度 {point.y:.6f}"

"""Rows as GeoJSON features (CGCS2000 degrees), cut to the window a map shows."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import BooleanField, F, Func, Q, Value

from chengguan.core.errors import Invalid

from .columns import field_of
from .resource import Resource

FEATURES = 3_000


class InWindow(Func):
    """`point <@ box`: a GiST index on the point answers it."""

    template = "(%(expressions)s)"
    arg_joiner = " "
    output_field = BooleanField()

    def __init__(self, place: str, window: tuple[float, float, float, float]) -> None:
        west, south, east, north = window
        box = Func(
            Func(Value(west), Value(south), function="point", output_field=models.TextField()),
            Func(Value(east), Value(north), function="point", output_field=models.TextField()),
            function="box",
            output_field=models.TextField(),
        )
        super().__init__(F(place), Func(box, template="<@ %(expressions)s"))


def read_window(text: str) -> tuple[float, float, float, float] | None:
    """Read "west,south,east,north" in degrees; raises `Invalid` when it isn't that."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Invalid(
            "map.window",
            "地图范围无效。",
            mend="应为“西,南,东,北”四个经纬度。",
            field="bbox",
        )
    return west, south, east, north


def within(
    resource: Resource,
    rows: models.QuerySet[Any],
    window: tuple[float, float, float, float] | None,
) -> models.QuerySet[Any]:
    """Return the rows that have a place, in the window where one is given."""
    rows = rows.filter(**{f"{resource.place}__isnull": False})
    if window is None:
        return rows
    if resource.place == "geometry":
        west, south, east, north = window
        return rows.filter(
            Q(bbox__0__lte=east)
            & Q(bbox__2__gte=west)
            & Q(bbox__1__lte=north)
            & Q(bbox__3__gte=south)
        )
    return rows.filter(InWindow(resource.place, window))


def collection(
    resource: Resource, rows: models.QuerySet[Any], limit: int = FEATURES
) -> dict[str, Any]:
    """Return a FeatureCollection of at most `limit` rows; `truncated` says that there are more."""
    names = [resource.key, resource.place, *_extra(resource)]
    found = list(rows.order_by("pk").only("pk", *names)[: limit + 1])
    return {
        "type": "FeatureCollection",
        "features": [feature(resource, row) for row in found[:limit]],
        "truncated": len(found) > limit,
    }


def feature(resource: Resource, row: Any) -> dict[str, Any]:
    """Return one row as a feature that a map can name and open."""
    place = getattr(row, resource.place)
    if place is not None and not isinstance(place, dict):
        place = {"type": "Point", "coordinates": list(place)}
    properties = {name: getattr(row, name) for name in _extra(resource)}
    return {
        "type": "Feature",
        "id": row.pk,
        "geometry": place,
        "properties": {
            "code": str(getattr(row, resource.key)),
            "title": str(row),
            "url": resource.url_of(row),
            **properties,
        },
    }


def _extra(resource: Resource) -> list[str]:
    return [
        name
        for name in ("code", "name", "level", "kind", "kind_name", "state", "matter_code")
        if field_of(resource.model, name) is not None and name != resource.key
    ]

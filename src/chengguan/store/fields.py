"""Columns Django has no field for: PostgreSQL's native `point`, and codes compared byte by byte."""

from __future__ import annotations

import re
from typing import Any

from django.db import models

_POINT = re.compile(r"\(?\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*\)?")


class PointField(models.Field):  # type: ignore[type-arg]
    """A native `point`, (lon, lat) in CGCS2000 degrees; GiST-indexable without PostGIS."""

    description = "PostgreSQL point (lon, lat)"

    def db_type(self, connection: Any) -> str:
        return "point"

    def from_db_value(
        self, value: Any, expression: Any, connection: Any
    ) -> tuple[float, float] | None:
        return self.to_python(value)

    def to_python(self, value: Any) -> tuple[float, float] | None:
        if value is None or isinstance(value, tuple):
            return value
        if isinstance(value, list):
            return float(value[0]), float(value[1])
        found = _POINT.fullmatch(str(value))
        if not found:
            raise ValueError(f"not a point: {value!r}")
        return float(found[1]), float(found[2])

    def get_prep_value(self, value: Any) -> str | None:
        point = self.to_python(value)
        return None if point is None else f"({point[0]!r},{point[1]!r})"


class CodeField(models.CharField):  # type: ignore[type-arg]
    """A code in the C collation, so that a prefix search is an index range on any database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)

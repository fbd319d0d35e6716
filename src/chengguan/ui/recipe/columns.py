"""Columns of a list: how a field of a row is named, shown and sorted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import format_html

from ..clockface import exact, short


@dataclass(frozen=True)
class Column:
    """One column. `name` is a field path (`matter__name`); `show` replaces how a row is shown.

    `sort` is the field it sorts by; it must never be NULL, since pages are found by their
    last row. `chosen` columns are shown until the person chooses others.
    """

    name: str
    title: str = ""
    show: Callable[[Any], Any] | None = None
    sort: str = ""
    chosen: bool = True
    style: str = ""

    def heading(self, model: type[models.Model]) -> str:
        """Return the title, by default the field's own name."""
        if self.title:
            return self.title
        field = field_of(model, self.name)
        return str(field.verbose_name) if field is not None else self.name

    def cell(self, row: Any) -> Any:
        """Return what the list shows for a row."""
        return self.show(row) if self.show else shown(row, self.name)

    def css(self, model: type[models.Model]) -> str:
        """Return the classes of the cell: codes in their own face, numbers to the right."""
        if self.style:
            return self.style
        field = field_of(model, self.name)
        if isinstance(field, models.TextField):
            return "wide"
        if isinstance(field, models.IntegerField | models.FloatField | models.DecimalField):
            return "number"
        return "code" if type(field).__name__ == "CodeField" else ""


def field_of(model: type[models.Model], path: str) -> models.Field[Any, Any] | None:
    """Return the model field at the end of a path, or None for an attribute."""
    current: type[models.Model] | None = model
    field: models.Field[Any, Any] | None = None
    for part in path.split("__"):
        if current is None:
            return None
        try:
            found = current._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if not isinstance(found, models.Field):
            return None
        field = found
        current = found.related_model if isinstance(found.related_model, type) else None
    return field


def value_at(row: Any, path: str) -> Any:
    """Return the raw value at the end of a path."""
    for part in path.split("__"):
        row = getattr(row, part, None)
        if row is None:
            return None
    return row


def shown(row: Any, path: str) -> Any:
    """Return a value as a person reads it: choices by name, instants local, yes and no in words."""
    *owners, last = path.split("__")
    owner = value_at(row, "__".join(owners)) if owners else row
    display = getattr(owner, f"get_{last}_display", None)
    value = display() if display is not None else getattr(owner, last, None)
    return said(value)


def said(value: Any) -> Any:
    """Return any value in words."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return format_html('<time title="{}">{}</time>', exact(value), short(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], float):
        return f"{value[0]:.6f}, {value[1]:.6f}"
    if isinstance(value, list | tuple):
        return "、".join(str(said(one)) for one in value[:40]) + ("…" if len(value) > 40 else "")
    return value

"""The declaration of one registry model: everything its pages need to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from .columns import Column, field_of, said
from .filters import Filter


@dataclass(frozen=True)
class Panel:
    """An extra part of a detail page: a title, and a template with its context."""

    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ImportDoor:
    """How a file becomes rows: check it (giving a run), then apply the run."""

    kind: str
    check: Callable[..., Any]
    apply: Callable[..., Any]
    find: Callable[[Any, int], Any]
    has_place: bool = False
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One model as a registry.

    `rows` returns what the asker may see; there is no other way to them. `key` is the unique
    field in addresses. `place` is the field that holds the point or the GeoJSON geometry.
    `at_zoom` narrows what a map of that zoom shows. `hidden` fields are left out of the detail.
    """

    slug: str
    model: type[models.Model]
    title: str
    see: str
    rows: Callable[[Any], models.QuerySet[Any]]
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    namespace: str = "registry"
    edit: str = ""
    about: str = ""
    key: str = "code"
    sort: str = "code"
    related: tuple[str, ...] = ()
    place: str = ""
    at_zoom: Callable[[models.QuerySet[Any], float, bool], models.QuerySet[Any]] | None = None
    hidden: tuple[str, ...] = ("geometry", "original", "bbox")
    panels: Callable[[Any, HttpRequest], list[Panel]] | None = None
    importer: ImportDoor | None = None
    export_defer: tuple[str, ...] = ()
    page_size: int = 50

    def __post_init__(self) -> None:
        for column in self.columns:
            found = field_of(self.model, column.sort) if column.sort else None
            if column.sort and (found is None or found.null):
                raise ValueError(
                    f"{self.slug}: {column.sort} can be NULL, so it can't be sorted by"
                )

    @property
    def subject_type(self) -> str:
        """The name under which the audit knows these rows."""
        return str(self.model._meta.label_lower)

    def url(self, page: str, *args: Any) -> str:
        """Return the address of one of the resource's pages."""
        return reverse(f"{self.namespace}:{self.slug}-{page}", args=args)

    def url_of(self, row: models.Model) -> str:
        """Return the address of a row's page."""
        return self.url("detail", getattr(row, self.key))

    def visible(self, asker: Any) -> models.QuerySet[Any]:
        """Return the rows the asker may see, with what the list shows of others."""
        wide = (*self.hidden, "attributes")
        heavy = [name for name in wide if field_of(self.model, name) is not None]
        rows = self.rows(asker)
        # Without a name select_related would follow every foreign key.
        rows = rows.select_related(*self.related) if self.related else rows
        return rows.defer(*heavy)

    def facts(self, row: models.Model) -> list[tuple[str, Any]]:
        """Return the fields of a row in words, in the model's order."""
        facts: list[tuple[str, Any]] = []
        for one in self.model._meta.concrete_fields:
            if one.name in self.hidden or one.primary_key:
                continue
            display = getattr(row, f"get_{one.name}_display", None)
            value = display() if display is not None else getattr(row, one.name)
            if isinstance(value, dict):
                facts += [(str(name), said(part)) for name, part in value.items()]
            else:
                facts.append((str(one.verbose_name), said(value)))
        return facts

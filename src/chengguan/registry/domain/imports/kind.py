"""What one kind of import declares, and what a running import knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.db import models

from chengguan.accounts.enums import Capability
from chengguan.core.coordinates import CRS

from .faults import Faults
from .fields import Field

Progress = Callable[[str, int, int], None]
Staged = dict[str, Any]


@dataclass(slots=True)
class Row:
    """One row that could be read: `values` by field name, `geometry` as GeoJSON."""

    number: int
    values: Staged
    geometry: Any = None


@dataclass(slots=True)
class Context:
    """One running import: what the user said, what the file gives, what was found so far."""

    options: Mapping[str, Any]
    crs: CRS
    effective: date
    prefixes: tuple[str, ...]
    faults: Faults
    given: frozenset[str] = frozenset()
    shaped: bool = False
    refs: dict[str, Any] = field(default_factory=dict)
    today: date = date.min

    def may_edit(self, area_code: str) -> bool:
        """Say whether the person's areas include this one."""
        return area_code.startswith(self.prefixes)


class Kind:
    """A kind of import; subclasses declare fields and override the steps they need.

    Steps in their order: `begin` loads what rows refer to; `read` finishes single rows;
    `batch` finishes some thousands at once; `verify` looks at all staged rows in the database;
    `after` runs when the rows are merged.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    model: ClassVar[type[models.Model]]
    fields: ClassVar[tuple[Field, ...]]
    key: ClassVar[tuple[str, ...]] = ("code",)
    # Columns that `read` or `batch` add to those of the file.
    derived: ClassVar[tuple[str, ...]] = ()
    # Columns staged for comparison or `after` only: name → PostgreSQL type.
    extra: ClassVar[Mapping[str, str]] = {}
    # How an extra column compares with the stored row `t`: name → SQL expression.
    extra_now: ClassVar[Mapping[str, str]] = {}
    versioned: ClassVar[bool] = False
    # Columns that don't make a row another one.
    uncompared: ClassVar[frozenset[str]] = frozenset()
    has_place: ClassVar[bool] = False
    capability: ClassVar[Capability] = Capability.EDIT_REGISTRY
    # False: only those without limit of area may import this kind.
    by_area: ClassVar[bool] = True
    revisions: ClassVar[tuple[str, ...]] = ()
    fills: ClassVar[tuple[str, ...]] = ()
    subject_column: ClassVar[str] = "code"

    def columns(self, context: Context) -> list[str]:
        """Give the model's columns that will be staged."""
        own = [f.name for f in self.fields if f.name in context.given and self.is_column(f.name)]
        return list(dict.fromkeys((*self.key, *own, *self.derived)))

    def is_column(self, name: str) -> bool:
        """Say whether a field is a column of the model and not only read."""
        return name in {f.attname for f in self.model._meta.concrete_fields}

    def begin(self, context: Context) -> None:
        """Load what rows refer to."""

    def read(self, row: Row, context: Context) -> bool:
        """Finish one row; False, with a fault added, leaves it out."""
        return True

    def batch(self, rows: Sequence[Row], context: Context) -> list[Row]:
        """Finish some thousand rows at once; gives those that stay."""
        return list(rows)

    def verify(self, context: Context) -> None:
        """Look at all staged rows in the table `registry_stage`."""

    def after(self, context: Context) -> None:
        """Finish merged rows; the stage is still there."""

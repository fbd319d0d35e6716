"""Figures in words and addresses: what a number is narrowed to, and where its rows are."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from chengguan.cases.enums import Source
from chengguan.cases.screens.words import matter_name, people_names
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import place_name
from chengguan.registry.enums import MatterKind
from chengguan.ui import clockface
from chengguan.workflow.domain import current

from .domain.declared import figure_of
from .domain.figure import AREA, UNDER, Cell, Median, Share

_AREAS = (AREA, "street", "community", "grid")


def link(cell: Cell) -> str:
    """Give the address of the rows of a cell."""
    return f"{reverse('command:figures-rows', args=[cell.figure])}?{query_of(cell)}"


def query_of(cell: Cell) -> str:
    """Give window and narrowing as they stand in an address."""
    return urlencode([("window", cell.window), *cell.narrow])


def said(cell: Cell, *, people: bool = True) -> str:
    """Give what a cell is narrowed to in words, "" for nothing; without `people` nobody by name."""
    return " · ".join(
        f"处置人 {value}" if name == "handler" and not people else words_of(name, value)
        for name, value in cell.narrow
    )


def words_of(dimension: str, value: str) -> str:
    """Give one value of a dimension in words; a code that nothing knows stays as it is."""
    if dimension in _AREAS:
        return place_name(value) or value or "未定区域"
    if dimension in ("unit", UNDER):
        unit = units().get(int(value)) if value.isascii() and value.isdigit() else None
        name = unit.name if unit else value or "未派单位"
        return f"{name}及下级" if dimension == UNDER else name
    if dimension == "handler":
        return people_names([int(value)]).get(int(value), value) if value.isdecimal() else "未指派"
    if dimension == "source":
        return dict(Source.choices).get(value, value)
    if dimension == "kind":
        return dict(MatterKind.choices).get(value, value) or "未定类别"
    if dimension == "matter":
        names = (matter_name(kind, value) for kind in MatterKind.values)
        return next((name for name in names if name and name != value), value) or "未定事项"
    definition = current("case")
    if dimension == "stage":
        return definition.stages.get(value, value)
    state = definition.states.get(value)
    return state.title if state else value


def shown(cell: Cell, value: float | None) -> str:
    """Give a number as it is read: 1,234, 93.5%, 3小时20分; a dash where there is no case."""
    if value is None:
        return "—"
    figure = figure_of(cell.figure)
    if isinstance(figure, Share):
        return f"{value:.1f}%"
    return clockface.duration(value) if isinstance(figure, Median) else f"{int(value):,}"

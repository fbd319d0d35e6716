"""Comparisons, their figures and the seeds behind them by the common recipe: list, filter, export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.db import models
from django.db.models import Q

from chengguan.accounts.enums import Capability
from chengguan.ui.recipe import Choice, Column, Resource, Words

from .models import Comparison, Figure, SeedFigure
from .queries import comparisons_visible_to, figures_visible_to, seed_figures_visible_to
from .showing import figure_text, gap_text


@dataclass(frozen=True)
class Exactly:
    """Rows whose column is just what was typed."""

    name: str
    label: str
    column: str
    number: bool = False

    def field(self, model: type[models.Model]) -> forms.Field:
        if self.number:
            return forms.IntegerField(
                label=self.label, required=False, min_value=1, max_value=2**62
            )
        return forms.CharField(label=self.label, required=False, max_length=60)

    def q(self, value: Any) -> Q:
        return Q(**{self.column: value})


_OF_COMPARISON: Final = Exactly("comparison", "推演编号", "comparison_id", number=True)


def _progress(row: Comparison) -> str:
    return f"{row.done} / {row.seeds}"


COMPARISONS: Final = Resource(
    slug="comparisons",
    namespace="simulation",
    model=Comparison,
    title="方案推演",
    about="同一座模拟城市、同样的天气与问题，两份方案各过若干遍，逐遍比较：差别有多大，是不是偶然。",
    see=Capability.PLAN,
    rows=comparisons_visible_to,
    key="id",
    sort="-made_at",
    hidden=("base_text", "other_text", "hours", "changed"),
    export_defer=("base_text", "other_text", "hours", "changed"),
    columns=(
        Column("other_title", sort="other_title"),
        Column("base_title", sort="base_title"),
        Column("state", sort="state"),
        Column("done", "已完成种子", _progress, style="number"),
        Column("days", sort="days"),
        Column("made_by"),
        Column("made_at", sort="made_at"),
        Column("area_code", chosen=False),
    ),
    filters=(
        Words(("base_title", "other_title"), ()),
        Choice("state"),
    ),
)
FIGURES: Final = Resource(
    slug="figures",
    namespace="simulation",
    model=Figure,
    title="推演指标",
    see=Capability.PLAN,
    rows=figures_visible_to,
    key="id",
    sort="place",
    related=("comparison",),
    columns=(
        Column("title", sort="place"),
        Column("comparison"),
        Column("base", show=lambda row: figure_text(row.unit, row.base), style="number"),
        Column("other", show=lambda row: figure_text(row.unit, row.other), style="number"),
        Column("mean", show=lambda row: gap_text(row.unit, row.mean), style="number"),
        Column("verdict"),
    ),
    filters=(_OF_COMPARISON, Choice("verdict")),
)
SEED_FIGURES: Final = Resource(
    slug="seed-figures",
    namespace="simulation",
    model=SeedFigure,
    title="各种子的数",
    about="每个指标在每个种子下的基准、比较与相差：所有差别都由它们算出。",
    see=Capability.PLAN,
    rows=seed_figures_visible_to,
    key="id",
    sort="seed",
    related=("comparison",),
    columns=(
        Column("title"),
        Column("seed", sort="seed"),
        Column("base"),
        Column("other"),
        Column("difference"),
        Column("comparison"),
    ),
    filters=(_OF_COMPARISON, Exactly("figure", "指标代码", "code")),
)
ALL: Final = (COMPARISONS, FIGURES, SEED_FIGURES)

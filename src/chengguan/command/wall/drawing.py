"""Small charts as SVG, drawn on the server: bars that are figures, lines that are not numbers.

No script and no style attribute: shapes carry classes, positions are attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..figures import words
from ..figures.domain.declared import figure_of
from ..figures.domain.figure import Cell
from .weather import Weather

_W: Final = 10
_H: Final = 100
_WEEK: Final = 8


def hours(found: Weather) -> SafeString:
    """Draw 24 bars over the outline of what is usual."""
    scale = _H / found.top
    usual = " ".join(
        f"{'M' if not hour.hour else 'L'}{hour.hour * _W} {_H - hour.usual * scale:.1f}H{(hour.hour + 1) * _W}"
        for hour in found.hours
    )
    bars = format_html_join(
        "",
        "{}",
        (
            (_bar(hour.cell, hour.count, hour.hour * _W + 1.5, scale, f"{hour.hour} 时"),)
            for hour in found.hours
            if hour.count is not None
        ),
    )
    return format_html(
        '<svg class="chart hours" viewBox="0 0 240 100" preserveAspectRatio="none" role="group" aria-label="今日各时上报，与前四个同星期日的平均比较">'
        '<path class="usual" d="{} V100 H0 Z"/>{}<line class="now" x1="{}" x2="{}" y1="0" y2="100"/></svg>',
        usual, bars, (found.now + 1) * _W, (found.now + 1) * _W,
    )  # fmt: skip


def columns(days: Sequence[tuple[Cell, str, int]], label: str) -> SafeString:
    """Draw one bar for each day; `days` holds (cell, day in ISO, count)."""
    top = max([1, *(count for _, _, count in days)])
    width = 240 / max(1, len(days))
    bars = format_html_join(
        "",
        "{}",
        (
            (_bar(cell, count, place * width + width * 0.12, _H / top, day, width * 0.76),)
            for place, (cell, day, count) in enumerate(days)
        ),
    )
    return format_html(
        '<svg class="chart days" viewBox="0 0 240 100" preserveAspectRatio="none" role="group" aria-label="{}">{}</svg>{}',
        label,
        bars,
        _below(days),
    )


def _below(days: Sequence[tuple[Cell, str, int]]) -> SafeString:
    """Say below the bars what a look needs: each day and its count for a week, else the ends."""
    if len(days) <= _WEEK:
        shown = [(day[5:], str(count)) for _, day, count in days]
    else:
        most = max(count for _, _, count in days)
        shown = [(days[0][1][5:], ""), ("最多一天", str(most)), (days[-1][1][5:], "")]
    words = format_html_join("", "<span>{} <b>{}</b></span>", shown)
    # Each bar says the same in its link.
    return format_html('<p class="chart-below" aria-hidden="true">{}</p>', words)


def _bar(cell: Cell, count: int, x: float, scale: float, when: str, width: float = 7) -> SafeString:
    height = max(count * scale, 0.6)
    title = figure_of(cell.figure).title
    return format_html(
        '<a class="figure" href="{}" aria-label="{} {} {}" data-figure="{}" data-window="{}" data-value="{}">'
        '<title>{} {} {}</title><rect class="hit" x="{}" y="0" width="{}" height="100"/>'
        '<rect class="column" x="{}" y="{}" width="{}" height="{}"/></a>',
        words.link(cell), when, title, count, cell.figure, cell.window, count, when, title, count,
        f"{x:.2f}", f"{width:.2f}", f"{x:.2f}", f"{_H - height:.1f}", f"{width:.2f}", f"{height:.1f}",
    )  # fmt: skip

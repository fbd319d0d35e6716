"""The tags by which templates of command print numbers: only what a figure is, each a link."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chengguan.command.figures import words
from chengguan.command.figures.domain.board import Board, cell_of, parts_of
from chengguan.command.figures.domain.declared import figure_of
from chengguan.command.figures.domain.figure import Cell, Split
from chengguan.ui.clockface import exact

register = template.Library()


@register.simple_tag
def figure(
    board: Board, code: str, window: str = "now", css: str = "", **narrow: Any
) -> SafeString:
    """Print a figure of the board as a link to its rows."""
    return figure_cell(board, cell_of(code, window, **_texts(narrow)), css)


@register.simple_tag
def figure_cell(board: Board, cell: Cell, css: str = "") -> SafeString:
    """Print a cell that Python has put together."""
    return anchor(cell, board.value(cell), css)


@register.simple_tag
def figure_number(cell: Cell, value: float | None, css: str = "") -> SafeString:
    """Print a number that a split gave, as a link to its rows."""
    return anchor(cell, value, css)


@register.simple_tag
def cell_words(cell: Cell, dimension: str) -> str:
    """Say what a cell is narrowed to in one dimension."""
    return next(
        (words.words_of(name, value) for name, value in cell.narrow if name == dimension), ""
    )


@register.simple_tag
def figure_sample(board: Board, code: str, window: str = "now", **narrow: Any) -> SafeString:
    """Print the two counts a share is made of, or the count of a median's cases."""
    narrowing = _texts(narrow)
    cells = [cell_of(part, window, **narrowing) for part in parts_of(code)]
    return mark_safe("／".join(anchor(cell, board.value(cell)) for cell in cells))  # noqa: S308


@register.simple_tag
def figure_title(code: str) -> str:
    """Say what a figure is called."""
    return figure_of(code).title


@register.simple_tag
def figure_how(code: str) -> str:
    """Say how a figure is counted, in one sentence."""
    return figure_of(code).how


@register.simple_tag
def counted_at(board: Board) -> SafeString:
    """Say the instant of the page's numbers to the second."""
    text = exact(board.at)
    return format_html(
        '<time class="counted-at" datetime="{}" title="{}">数据截至 {}</time>',
        board.at.isoformat(),
        text,
        text[-8:],
    )


def anchor(cell: Cell, value: float | None, css: str = "") -> SafeString:
    """Give the link of one number; `data-figure` and the rest say which it is."""
    found = figure_of(cell.figure)
    return format_html(
        '<a class="figure {}" href="{}" title="{}" data-figure="{}" data-window="{}" data-value="{}">{}</a>',
        css, words.link(cell), found.how, cell.figure, cell.window,
        "" if value is None else round(value, 6), words.shown(cell, value),
    )  # fmt: skip


def part_cells(board: Board, split: Split) -> list[tuple[str, Cell, int]]:
    """Give the parts of a split as (words, cell, count), the largest first."""
    parts = sorted(board.parts(split).items(), key=lambda pair: (-pair[1], pair[0]))
    return [(words.words_of(split.by, key), split.cell(key), count) for key, count in parts]


def _texts(narrow: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in narrow.items()}

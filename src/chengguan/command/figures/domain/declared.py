"""The one list of all figures; rooms above add theirs when they are loaded."""

from __future__ import annotations

from chengguan.core.errors import NotFound

from .figure import CaseFigure, Figure

_figures: dict[str, Figure] = {}


def declare(*figures: Figure) -> None:
    """Add figures; a code stands once."""
    for figure in figures:
        known = _figures.setdefault(figure.code, figure)
        if known != figure:
            raise ValueError(f"figure {figure.code} is declared twice")


def figure_of(code: str) -> Figure:
    """Give a figure by its code.

    Raises:
        NotFound: there is none.
    """
    found = _figures.get(code)
    if found is None:
        raise NotFound(
            "figures.figure", f"没有统计项“{code[:40]}”。", mend="请从页面上的数字进入。"
        )
    return found


def counted(code: str) -> CaseFigure:
    """Give a figure that counts cases; a share's part or a median's rows are such."""
    found = figure_of(code)
    if not isinstance(found, CaseFigure):
        raise NotFound("figures.figure", f"“{found.title}”没有自己的案件清单。")
    return found


def all_figures() -> dict[str, Figure]:
    """Give every figure declared, by code."""
    return dict(_figures)

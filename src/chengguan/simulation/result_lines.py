"""A comparison's figures as the lines of its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .enums import Verdict
from .models import Figure
from .showing import figure_text, gap_text, interval_text, p_text


@dataclass(frozen=True)
class Line:
    """One figure in words; `css` is the verdict's."""

    code: str
    title: str
    about: str
    base: str
    other: str
    gap: str
    interval: str
    improved: str
    p: str
    verdict: str
    css: str


def lines(figures: Iterable[Figure]) -> list[Line]:
    """Say every figure."""
    return [_line(one) for one in figures]


def counted(figures: Sequence[Figure]) -> list[tuple[str, int, str]]:
    """Count the verdicts: (in words, how many, css), those that occur, in their order."""
    found = Counter(one.verdict for one in figures)
    return [(word, found[value], value) for value, word in Verdict.choices if found[value]]


def _line(one: Figure) -> Line:
    word = "变好" if one.good else "增加"
    improved = "—" if one.improved is None else f"{round(one.improved * one.n)} / {one.n} {word}"
    return Line(
        one.code,
        one.title,
        one.about,
        figure_text(one.unit, one.base),
        figure_text(one.unit, one.other),
        gap_text(one.unit, one.mean),
        interval_text(one.unit, one.low, one.high),
        improved,
        p_text(one.p_holm),
        one.get_verdict_display(),
        one.verdict,
    )

"""How figures and differences are said on screens and in tables."""

from __future__ import annotations


def figure_text(unit: str, value: float | None) -> str:
    """Say a figure: percent, hours, a count, or hours a head and day."""
    if value is None:
        return "—"
    if unit == "share":
        return f"{100 * value:.1f}%"
    if unit == "hours":
        return f"{value:.1f} 小时"
    return f"{value:.2f} 小时" if unit == "load" else f"{value:,.1f}".removesuffix(".0")


def gap_text(unit: str, value: float | None) -> str:
    """Say a difference with its sign; shares in points."""
    if value is None:
        return "—"
    if unit == "share":
        return f"{_signed(100 * value, 2)} 点"
    if unit == "load":
        return f"{_signed(value, 3)} 小时"
    return f"{_signed(value, 2)} 小时" if unit == "hours" else _signed(value, 1)


def interval_text(unit: str, low: float | None, high: float | None) -> str:
    """Say an interval of a difference."""
    if low is None or high is None:
        return "—"
    first, last = gap_text(unit, low), gap_text(unit, high)
    word = first.partition(" ")[2]
    return f"{first.partition(' ')[0]} 至 {last.partition(' ')[0]}{f' {word}' if word else ''}"


def p_text(value: float | None) -> str:
    """Say a p-value no more exactly than it is worth."""
    if value is None:
        return "—"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _signed(value: float, places: int) -> str:
    text = f"{value:+,.{places}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else f"{0:.{places}f}"

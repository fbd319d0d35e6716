"""Pictures of a comparison. matplotlib is imported here and only when somebody draws.

Labels are Chinese where a font for it is found; without one they are the figures' codes, and the
caller is told so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .calibration import Calibration
from .compare import Comparison
from .figures import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

#: Tried in this order; the first that is installed is used.
FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Microsoft YaHei",
    "PingFang SC",
)
REPORTED, TRUE = "#2a6f97", "#c1121f"
_WORDS = {
    "reported": "平台所报",
    "truth": "真相",
    "whole": "平台所报与真相",
    "matter": "按事项：始终无人上报的问题",
    "unit": "按单位：按期处置率",
    "area": "按社区：按期处置率",
    "false": "按单位：虚假结案率",
}


class Words:
    """Labels in Chinese, or as codes where no font can show them."""

    def __init__(self, font: str | None) -> None:
        self.font = font

    def of(self, code: str, chinese: str) -> str:
        """Give the label."""
        return chinese if self.font else code


def chinese_font() -> str | None:
    """Give the first installed font with Chinese characters, None when there is none."""
    from matplotlib import font_manager

    installed = {one.name for one in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in installed), None)


def draw(comparison: Comparison, folder: Path) -> tuple[list[Path], str | None]:
    """Draw the comparison into `folder` as PNG; gives the files and the font (None: codes)."""
    # It tells of a weight that a font lacks, once for each label.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    font = chinese_font()
    words = Words(font)
    made = []
    with _style(font):
        for name, sheet in (
            ("compare-whole.png", _whole(comparison, words)),
            ("compare-matter.png", _by_matter(comparison, words)),
            ("compare-unit.png", _by_unit(comparison, words)),
        ):
            sheet.savefig(folder / name, dpi=120, metadata={"Software": None})
            made.append(folder / name)
    return made, font


def draw_calibration(calibration: Calibration, folder: Path) -> tuple[Path, str | None]:
    """Draw the run beside the published figures; gives the file and the font (None: codes)."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    font = chinese_font()
    words = Words(font)
    place = folder / "calibrate.png"
    with _style(font):
        sheet = _canvas(9.0)
        above, below = sheet.subplots(2, 1)
        _shares(above, calibration, words)
        _hours(below, calibration, words)
        sheet.savefig(place, dpi=120, metadata={"Software": None})
    return place, font


def _shares(axes: Axes, calibration: Calibration, words: Words) -> None:
    shown = [one for one in calibration.figures if one.published.value <= 1]
    places = range(len(shown))
    for offset, colour, label, values in (
        (-0.2, TRUE, words.of("published", "公布"), [one.published.value for one in shown]),
        (0.2, REPORTED, words.of("simulated", "模拟"), [one.simulated or 0.0 for one in shown]),
    ):
        axes.barh(
            [place + offset for place in places],
            [100 * value for value in values],
            height=0.38,
            color=colour,
            label=label,
        )
    titles = [words.of(one.published.code, one.published.title) for one in shown]
    axes.set_yticks(list(places), titles)
    axes.invert_yaxis()
    axes.set_xlabel("%")
    _legend(axes)


def _hours(axes: Axes, calibration: Calibration, words: Words) -> None:
    for values, colour, label in (
        (calibration.hours, TRUE, words.of("published", "公布")),
        (calibration.simulated_hours, REPORTED, words.of("simulated", "模拟")),
    ):
        axes.plot(range(24), [100 * one for one in values], color=colour, label=label)
    axes.set_title(words.of("public reports by hour", "公众来件的时刻（%）"))
    axes.set_xticks(range(0, 24, 3))
    _legend(axes)


def _style(font: str | None) -> Any:
    import matplotlib as mpl

    settings: Any = {
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    if font:
        settings |= {"font.family": [font, "DejaVu Sans"]}
    return mpl.rc_context(settings)


def _canvas(height: float) -> Sheet:
    # Without pyplot: no window system is asked for, and nothing is kept after the call.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=(8.0, height), layout="constrained")
    FigureCanvasAgg(sheet)
    return sheet


def _sheet(rows: int) -> tuple[Sheet, Axes]:
    sheet = _canvas(1.4 + 0.42 * rows)
    return sheet, sheet.add_subplot()


def _whole(comparison: Comparison, words: Words) -> Sheet:
    shown = [one.figure for one in comparison.whole if one.figure.kind == "share"]
    shown = [one for one in shown if one.reported is not None and one.truth is not None]
    labels = [words.of(one.code, one.title) for one in shown]
    sheet, axes = _sheet(len(shown))
    _pairs(axes, labels, shown, words)
    axes.set_title(words.of("reported and true", _WORDS["whole"]))
    return sheet


def _by_matter(comparison: Comparison, words: Words) -> Sheet:
    found = comparison.groups["matter"]
    names = comparison.names["matter"]
    sheet, axes = _sheet(len(found))
    figures = [_one(found[code], "never_found") for code in found]
    labels = [words.of(code, names.get(code, code)) for code in found]
    axes.barh(labels, [100 * (one.truth or 0.0) for one in figures], color=TRUE)
    axes.invert_yaxis()
    axes.set_xlabel("%")
    axes.set_title(words.of("never reported", _WORDS["matter"]))
    return sheet


def _by_unit(comparison: Comparison, words: Words) -> Sheet:
    found = comparison.groups["unit"]
    names = comparison.names["unit"]
    sheet, axes = _sheet(len(found))
    labels = [words.of(code, names.get(code, code)) for code in found]
    _pairs(axes, labels, [_one(found[code], "on_time") for code in found], words)
    axes.set_title(words.of("on time", _WORDS["unit"]))
    return sheet


def _pairs(axes: Axes, labels: Sequence[str], figures: Sequence[Figure], words: Words) -> None:
    places = range(len(labels))
    for offset, colour, name in ((-0.2, REPORTED, "reported"), (0.2, TRUE, "truth")):
        values = [100 * (getattr(one, name) or 0.0) for one in figures]
        axes.barh(
            [place + offset for place in places],
            values,
            height=0.38,
            color=colour,
            label=words.of(name, _WORDS[name]),
        )
        for place, value in zip(places, values, strict=True):
            axes.text(value + 0.5, place + offset, f"{value:.1f}", va="center", fontsize=8)
    axes.set_yticks(list(places), labels)
    axes.set_xlim(0, 112)
    axes.set_xlabel("%")
    axes.invert_yaxis()
    _legend(axes)


def _legend(axes: Axes) -> None:
    # Beside the bars, never on them.
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=8, frameon=False)


def _one(figures: Sequence[Figure], code: str) -> Figure:
    return next(one for one in figures if one.code == code)

"""Pictures of a comparison. matplotlib is imported here and only when somebody draws.

Labels are Chinese where a font for it is found; without one they are the figures' codes, and the
caller is told so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chengguan.core.errors import Invalid

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
#: Red is for what is overdue and for nothing else.
REPORTED, TRUE = "#2a6f97", "#d08c00"
_GROUPS = {"matter": "按事项", "area": "按社区", "unit": "按单位"}
#: The figures a group's picture shows, one above the other.
_SHOWN = ("never_found", "on_time", "false_closing", "standing")


class Words:
    """Labels in Chinese, or as codes where no font can show them."""

    def __init__(self, font: str | None) -> None:
        self.font = font

    def of(self, code: str, chinese: str) -> str:
        """Give the label."""
        return chinese if self.font else code


def chinese_font() -> str | None:
    """Give the first installed font with Chinese characters, None when there is none.

    Raises:
        Invalid: matplotlib is not installed, which a server has no use for.
    """
    try:
        from matplotlib import font_manager
    except ImportError as error:
        raise Invalid(
            "simulation.pictures",
            "画图需要 matplotlib。",
            mend='请先在项目目录执行 .venv/bin/pip install -c constraints.txt -e ".[pictures]"，'
            "或加 --no-pictures。",
        ) from error
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
        sheets = {"whole": _whole(comparison, words)}
        sheets |= {kind: _group(comparison, kind, words) for kind in _GROUPS}
        for name, sheet in sheets.items():
            place = folder / f"compare-{name}.png"
            sheet.savefig(place, dpi=120, metadata={"Software": None})
            made.append(place)
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
    titles = [words.of(one.published.code, one.published.title) for one in shown]
    series = {
        words.of("published", "公布"): [100 * one.published.value for one in shown],
        words.of("simulated", "模拟"): [100 * (one.simulated or 0.0) for one in shown],
    }
    _bars(axes, titles, series, (TRUE, REPORTED))
    axes.set_xlabel("%")


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


def _whole(comparison: Comparison, words: Words) -> Sheet:
    shown = [one.figure for one in comparison.whole if one.figure.kind == "share"]
    shown = [one for one in shown if one.reported is not None and one.truth is not None]
    sheet = _canvas(1.4 + 0.42 * len(shown))
    axes = sheet.add_subplot()
    _bars(axes, [words.of(one.code, one.title) for one in shown], _series(shown, words))
    axes.set_title(words.of("reported and true (%)", "平台所报与真相（%）"), loc="left")
    return sheet


def _group(comparison: Comparison, kind: str, words: Words) -> Sheet:
    found, names = comparison.groups[kind], comparison.names[kind]
    labels = [words.of(code, names.get(code, code)) for code in found]
    sheet = _canvas((1.0 + 0.34 * len(labels)) * len(_SHOWN))
    for axes, code in zip(sheet.subplots(len(_SHOWN), 1), _SHOWN, strict=True):
        figures = [one.figure for own in found.values() for one in own if one.figure.code == code]
        if not figures:
            continue
        _bars(axes, labels, _series(figures, words))
        first = figures[0]
        unit = words.of("h", "小时") if first.kind == "hours" else "%"
        title = words.of(f"{kind}: {code}", f"{_GROUPS[kind]}：{first.title}")
        axes.set_title(f"{title}（{unit}）" if words.font else f"{title} ({unit})", loc="left")
    return sheet


def _series(figures: Sequence[Figure], words: Words) -> dict[str, list[float]]:
    """Give the bars of some figures; what no platform can say has only the true ones."""
    scale = 100 if figures and figures[0].kind == "share" else 1
    sides = {"reported": words.of("reported", "平台所报"), "truth": words.of("truth", "真相")}
    found = {
        label: [scale * (getattr(one, side) or 0.0) for one in figures]
        for side, label in sides.items()
    }
    if figures and figures[0].code == "never_found":
        del found[sides["reported"]]
    return found


def _bars(
    axes: Axes,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    colours: tuple[str, str] = (REPORTED, TRUE),
) -> None:
    """Draw bars side by side, with their values; a single series is the true one."""
    places = range(len(labels))
    height = 0.38 if len(series) > 1 else 0.6
    offsets = (-0.2, 0.2) if len(series) > 1 else (0.0,)
    for offset, colour, (label, values) in zip(
        offsets, colours[-len(series) :], series.items(), strict=True
    ):
        at = [place + offset for place in places]
        drawn = axes.barh(at, values, height=height, color=colour, label=label)
        axes.bar_label(drawn, fmt="%.1f", padding=2, fontsize=8)
    axes.set_yticks(list(places), labels)
    most = max((max(values, default=0.0) for values in series.values()), default=0.0)
    axes.set_xlim(0, 1.12 * most or 1.0)
    axes.invert_yaxis()
    _legend(axes)


def _legend(axes: Axes) -> None:
    # Beside the bars, never on them.
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=8, frameon=False)

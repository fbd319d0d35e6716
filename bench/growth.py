"""Cost as it grows: each operation, one client, over cities of 10,000 to 10,000,000 cases.

Every size is a city of its own: the cases of the one before are thrown away. One client asks one
thing after another, so a time is what somebody waits who is alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from . import loads, million
from .client import Answer
from .figures import Figure, median, percentile
from .world import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chengguan.simulation.pictures import Words

    from .running import Bench

SIZES: Final = (10_000, 100_000, 1_000_000)
#: What a case takes with its indexes, measured at a million (see docs/developers/bench.md), and as
#: much again for sorting, building the indexes and the log.
BYTES_A_CASE: Final = 1_400
ROOM: Final = 2.0
ROUNDS: Final = 3
_TITLES: Final = {
    "report": "上报",
    "verb": "办理一步",
    "list": "列表（50 行，四个条件）",
    "detail": "案件详情",
    "number": "按编号查找",
    "search": "按词查找（900 件中一件有）",
    "vain": "按词查找（都没有）",
    "locate": "定位（每千点）",
}
#: How many lines of text find room beside the axis.
_LINES: Final = 24
_EMPTY: Final = (
    "TRUNCATE cases_case, cases_report, cases_fact, workflow_event, workflow_workitem,"
    " notify_outboxmessage CASCADE"
)


class NoRoom(RuntimeError):
    """The disk is too small for a size; the text says what is needed, in Chinese."""


def say_room(sizes: Sequence[int], place: Path, progress: Callable[[str], None]) -> None:
    """Say what the largest size needs on disk, and refuse where there is less.

    Raises:
        NoRoom: with the figures and the mend.
    """
    needed = max(sizes) * BYTES_A_CASE * ROOM
    free = shutil.disk_usage(place).free
    progress(f"{max(sizes):,} 件需要约 {needed / 1e9:.1f} GB 磁盘，现有 {free / 1e9:.1f} GB")
    if free < needed:
        raise NoRoom(
            f"{max(sizes):,} 件需要约 {needed / 1e9:.1f} GB 磁盘，{place} 只有 {free / 1e9:.1f} GB。"
            "请用 --sizes 减小规模，或用 --place 换到更大的磁盘。"
        )


def grow(bench: Bench) -> None:
    """Measure every operation at every size; figures have the largest, and all in their details."""
    say_room(bench.sizes, bench.folder, bench.progress)
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for size in bench.sizes:
        _empty()
        million.fill(size, bench.world, bench.progress)
        found[size] = _measure(bench, size)
        bench.progress(f"{size:,}: " + _line(found[size]))
    bench.figures += figures_of(found)
    bench.about["growth"] = {str(size): one for size, one in found.items()}


def _measure(bench: Bench, size: int) -> dict[str, dict[str, Any]]:
    """Ask everything in three rounds, and keep of each operation the round in the middle."""
    world, counts = bench.world, bench.size
    # Processes and the database's cache are warm before anything is measured.
    bench.ask([_one_lane(loads.reports(world, counts(200), f"grow{size}-warm"))])
    bench.ask(loads.gets(loads.lists(world, counts(100))))
    rounds = [_round(bench, f"grow{size}-{number}") for number in range(ROUNDS)]
    found = {}
    for name in _TITLES:
        ordered = sorted((one[name] for one in rounds), key=lambda one: float(one["p50_ms"]))
        found[name] = ordered[len(ordered) // 2]
        found[name]["rounds_p50_ms"] = [one[name]["p50_ms"] for one in rounds]
    return found


def _round(bench: Bench, run: str) -> dict[str, dict[str, Any]]:
    world, counts = bench.world, bench.size
    found: dict[str, dict[str, Any]] = {}

    def ask(name: str, lane: list[bytes], *, keep: bool = False) -> Answer:
        with bench.watch.cpu() as shares:
            answer = bench.ask([lane], keep=keep)
        found[name] = _times(answer.seconds) | {
            "cpu_ms": {
                group: round(share * answer.wall / len(lane) * 1000, 2)
                for group, share in shares.items()
            }
        }
        return answer

    answer = ask("report", _one_lane(loads.reports(world, counts(200), run)), keep=True)
    numbers = [json.loads(body)["number"] for body in answer.bodies[0]]
    led = numbers[: counts(30)]
    ask("verb", _one_lane(loads.verbs(world, led)))
    ask("list", _one_lane(loads.gets(loads.lists(world, counts(100)))))
    acceptor = world.tokens["acceptor"][0]
    cases = [(acceptor, f"/api/v1/cases/{number}") for number in led]
    ask("detail", _one_lane(loads.gets(cases * 3)))
    ask("number", _one_lane(loads.gets(loads.numbers(world, numbers[: counts(100)]))))
    ask("search", _one_lane(loads.gets(loads.searches(world, 1 if bench.small else 4))))
    ask("vain", _one_lane(loads.gets(loads.searches_in_vain(world, 1 if bench.small else 2))))
    found["locate"] = _locate(counts(50_000))
    return found


def _locate(count: int) -> dict[str, Any]:
    from chengguan.registry.domain.locate import locate_many

    asked = points(count)
    locate_many(asked[:100])
    seconds = []
    cpu = process_time()
    for _ in range(3):
        begun = perf_counter()
        locate_many(asked)
        seconds.append((perf_counter() - begun) / count * 1_000)
    used = (process_time() - cpu) / 3 / count * 1_000
    return _times(seconds) | {"cpu_ms": {"bench": round(used * 1000, 2)}}


def _times(seconds: Sequence[float]) -> dict[str, Any]:
    return {
        "count": len(seconds),
        "p50_ms": round(median(seconds) * 1000, 2),
        "p95_ms": round(percentile(seconds, 0.95) * 1000, 2),
    }


def _one_lane(lanes: Sequence[Sequence[bytes]]) -> list[bytes]:
    return [one for lane in lanes for one in lane]


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)


def figures_of(found: Mapping[int, Mapping[str, Any]]) -> list[Figure]:
    """Give a figure an operation: the median of the largest size, and its ratio to the least."""
    least, most = min(found), max(found)
    made = []
    for name, title in _TITLES.items():
        small, large = found[least][name], found[most][name]
        made.append(
            Figure(
                f"grow_{name}", f"{title}，{most:,} 件", large["p50_ms"], "ms",
                bound_by=f"×{large['p50_ms'] / max(0.001, small['p50_ms']):.2f} of {least:,} cases",
                details={f"{size:,}": one[name] for size, one in found.items()},
            )
        )  # fmt: skip
    return made


def _line(one: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(f"{name} {value['p50_ms']:g} ms" for name, value in one.items())


def draw(growth: Mapping[str, Mapping[str, Any]], place: Path) -> str | None:
    """Draw time against size, one line an operation, as PNG; gives the font (None: codes)."""
    import logging

    from chengguan.simulation.pictures import Words, chinese_font

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    # Says what is missing where matplotlib is.
    font = chinese_font()
    words = Words(font)
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    sizes = sorted(int(size) for size in growth)
    settings: Any = {"axes.spines.top": False, "axes.spines.right": False}
    if font:
        settings["font.family"] = [font, "DejaVu Sans"]
    panels = {
        words.of("median, ms", "中位用时（毫秒）"): "p50_ms",
        words.of("processor, ms", "处理器用时（毫秒）"): "cpu_ms",
    }
    with mpl.rc_context(settings):
        sheet = Sheet(figsize=(11.0, 4.8), layout="constrained")
        FigureCanvasAgg(sheet)
        for axes, (title, field) in zip(sheet.subplots(1, 2), panels.items(), strict=True):
            _panel(axes, growth, sizes, words, field)
            axes.set_title(title, loc="left")
            axes.set_xlabel(words.of("cases", "案件数"))
        handles, labels = axes.get_legend_handles_labels()
        sheet.legend(
            handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False
        )
        sheet.savefig(place, dpi=120, metadata={"Software": None})
    return font


def _panel(
    axes: Axes, growth: Mapping[str, Mapping[str, Any]], sizes: Sequence[int], words: Words, field: str
) -> None:  # fmt: skip
    lowest = 0.0
    drawn = []
    for number, (name, title) in enumerate(_TITLES.items()):
        values = [growth[str(size)][name][field] for size in sizes]
        times = [max(0.05, sum(one.values()) if isinstance(one, dict) else one) for one in values]
        colour = f"C{number}"
        axes.plot(sizes, times, marker="o", color=colour, label=words.of(name, title))
        drawn.append((times[-1], colour))
    axes.set_xscale("log")
    axes.set_yscale("log")
    bottom, top = axes.get_ylim()
    line = (top / bottom) ** (1 / _LINES)
    for value, colour in sorted(drawn):
        # Labels that would lie on each other are moved up a line.
        lowest = max(value, lowest * line)
        axes.text(sizes[-1] * 1.12, lowest, f"{value:,.1f}", fontsize=8, color=colour, va="center")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()

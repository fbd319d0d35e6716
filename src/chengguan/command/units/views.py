"""Units: what stands with them, what they have done, and who is at work on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation
from chengguan.cases.joint import owed_by
from chengguan.cases.models import Case
from chengguan.cases.screens.words import people_names
from chengguan.registry.domain.duty_index import units
from chengguan.ui.recipe.views import need

from ..figures.domain.board import Board, cell_of
from ..figures.domain.figure import UNDER, Cell, Split
from .queries import find_unit, own_units

WINDOWS: Final = (("today", "今日"), ("7d", "近七日"), ("30d", "近三十日"), ("90d", "近九十日"))
STANDING: Final = ("at_unit", "at_unit_late", "soon", "suspended", "overseen")
FLOW: Final = (
    "dispatched",
    "handled",
    "judged",
    "on_time",
    "late",
    "reworked",
    "extended",
    "exempt",
)
SHARES: Final = ("on_time_share", "at_once_share", "rework_share")
#: The columns of a table of units: a figure and its window.
_COLUMNS: Final = (
    ("at_unit", "now"),
    ("at_unit_late", "now"),
    ("judged", "30d"),
    ("on_time", "30d"),
)


@dataclass(frozen=True)
class Line:
    """One unit or person: its name, where it leads, and a cell and its number for each column."""

    name: str
    unit_id: int | None
    note: str
    cells: tuple[tuple[Cell, int], ...]
    share: Cell | None = None
    percent: float | None = None


@login_required
@require_GET
def units_page(request: HttpRequest) -> HttpResponse:
    """Show the units that handle cases; who belongs to one alone comes to its own page."""
    need(request, Capability.SEE_CASES, "查看处置单位")
    principal = principal_of_request(request)
    own = own_units(principal)
    if len(own.roots) == 1 and not own.by_area:
        return redirect("command:units-unit", own.roots[0].pk)
    board, splits = Board(principal), _splits()
    if own.by_area:
        board.splits += splits
    else:
        splits = [
            Split(c, "unit", w, ((UNDER, str(r.pk)),)) for r in own.roots for c, w in _COLUMNS
        ]
        board.splits += splits
    board.count()
    context = {"lines": _unit_lines(board, splits), "board": board}
    return render(request, "command/units/list.html", context)


@login_required
@require_GET
def unit_page(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Show one unit: its standing work, its record, the units below it, its people."""
    need(request, Capability.SEE_CASES, "查看处置单位")
    principal = principal_of_request(request)
    unit = find_unit(principal, unit_id)
    under = {UNDER: str(unit.pk)}
    narrow = tuple(under.items())
    board = Board(principal).ask(*STANDING, **under)
    for window, _ in WINDOWS:
        board.ask(*FLOW, *SHARES, "closing_time", window=window, **under)
    below = _splits(narrow)
    people = [Split(code, "handler", "now", narrow) for code in ("at_unit", "at_unit_late")]
    states = Split("at_unit", "state", "now", narrow)
    board.splits += [*below, *people, states]
    board.count()
    lines = _unit_lines(board, below)
    assist = None
    if unit.pk in [root.pk for root in own_units(principal).roots]:
        assist = Case.objects.filter(owed_by(principal)).count()
    context: dict[str, Any] = {
        "assist": assist, "unit": unit, "board": board, "under": str(unit.pk), "windows": WINDOWS,
        "standing": STANDING, "flow": FLOW, "shares": SHARES,
        "states": _parts(board, states), "people": _people(board, people),
        "late": board.value(cell_of("at_unit_late", **under)),
        "units": lines if any(line.unit_id != unit.pk for line in lines) else [],
    }  # fmt: skip
    return render(request, "command/units/unit.html", context)


def _splits(narrow: tuple[tuple[str, str], ...] = ()) -> list[Split]:
    return [Split(code, "unit", window, narrow) for code, window in _COLUMNS]


def _unit_lines(board: Board, splits: list[Split]) -> list[Line]:
    """Give a line for each unit with something to count, by its place in the tree."""
    parts = [(split, board.parts(split)) for split in splits]
    known = units()
    ids = {int(key) for _, found in parts for key in found if key.isdecimal()}
    ids &= set(known)
    kinds = dict(Organisation.objects.filter(pk__in=ids).values_list("pk", "kind"))
    order = sorted(ids, key=lambda one: (known[one].path, one))
    return [_unit_line(one, known[one].name, kinds.get(one, ""), parts) for one in order]


def _unit_line(
    unit_id: int, name: str, kind: str, parts: list[tuple[Split, dict[str, int]]]
) -> Line:
    key = str(unit_id)
    cells: list[tuple[Cell, int]] = []
    for code, window in _COLUMNS:
        # A unit may lie under several roots asked for; it is counted where it was found.
        here = [(s, f) for s, f in parts if (s.figure, s.window) == (code, window)]
        split, found = next((pair for pair in here if key in pair[1]), here[0])
        cells.append((split.cell(key), found.get(key, 0)))
    judged, on_time = cells[2][1], cells[3][1]
    note = "承包单位" if kind == "contractor" else ""
    share = cell_of("on_time_share", "30d", **dict(cells[2][0].narrow))
    percent = 100 * on_time / judged if judged else None
    return Line(name, unit_id, note, tuple(cells), share, percent)


def _people(board: Board, splits: list[Split]) -> list[Line]:
    """Give a line for each handler with open cases, by name: a load, not a ranking."""
    parts = [board.parts(split) for split in splits]
    keys = sorted(parts[0])
    names = people_names([int(key) for key in keys if key.isdecimal()])
    lines = [
        Line(
            names.get(int(key), key) if key.isdecimal() else "未指派",
            None,
            "",
            tuple((split.cell(key), part.get(key, 0)) for split, part in zip(splits, parts, strict=True)),
        )
        for key in keys
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (line.name == "未指派", line.name))


def _parts(board: Board, split: Split) -> list[tuple[Cell, int]]:
    return [(split.cell(key), number) for key, number in sorted(board.parts(split).items())]

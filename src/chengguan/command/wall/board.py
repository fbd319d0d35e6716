"""What the wall shows at one instant: one board of figures, the latest cases, the map's counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.cases.queries import CaseRow, rows_of
from chengguan.cases.screens.words import area_names

from ..figures import words
from ..figures.domain.board import Board
from ..figures.domain.figure import Cell, Split
from ..figures.queries import reach_of
from .weather import Weather, splits, weather

LATEST: Final = 10
UNITS: Final = 8
#: Stage → (today's figure, whether cases stand in it): 立案 is an instant, 核查 has none of its own.
STAGES: Final = (
    ("report", "reported", True),
    ("file", "filed", False),
    ("dispatch", "dispatched", True),
    ("handle", "handled", True),
    ("check", "", True),
    ("close", "closed", False),
)
STRIP: Final = ("open", "overdue", "soon", "overseen", "oversight_late", "suspended")
LIGHTS: Final = (("red", "overdue"), ("yellow", "soon"), ("green", "calm"), ("none", "untimed"))
_LOOK_BACK: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the six: today's cell and the standing one, None where there is none."""

    code: str
    title: str
    today: Cell | None
    standing: Cell | None


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a split: its words, its cell and count, and of how many it is (a bar)."""

    title: str
    cell: Cell
    count: int
    share: int
    others: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything of one refresh."""

    board: Board
    at: datetime
    stages: tuple[Stage, ...]
    lights: tuple[tuple[str, Cell, int], ...]
    sources: tuple[Part, ...]
    units: tuple[Part, ...]
    latest: tuple[tuple[CaseRow, str], ...]
    weather: Weather
    places: dict[str, list[int]]
    strip: tuple[Cell, ...]


def wall_of(principal: Principal) -> Wall:
    """Count all that the wall shows, anew but for days that are over; some fourteen statements."""
    at = timezone.now()
    board = Board(principal).ask(*STRIP, *(code for _, code in LIGHTS if code not in STRIP))
    board.ask(*(figure for _, figure, _ in STAGES if figure), window="today")
    for stage, _, stands in STAGES:
        if stands:
            board.ask("open", stage=stage)
    strip = [Cell(code) for code in STRIP]
    if principal.can(Capability.WALL):
        board.ask("on_duty")
        strip.append(Cell("on_duty"))
    by_unit = [Split(code, "unit") for code in ("open", "overdue", "soon")]
    by_place = [Split(code, "community") for code in ("open", "overdue")]
    by_source = Split("reported", "source", "today")
    board.splits += [*by_unit, *by_place, by_source, *splits(at)]
    board.count(fresh=True)
    return Wall(
        board=board, at=board.at, stages=_stages(), strip=tuple(strip),
        lights=tuple((light, Cell(code), _share(board, code)) for light, code in LIGHTS),
        sources=_parts(board, by_source, 7), units=_units(board, by_unit),
        latest=_latest(principal, at), weather=weather(board, at),
        places=_places(board, *by_place),
    )  # fmt: skip


def _stages() -> tuple[Stage, ...]:
    return tuple(
        Stage(
            code,
            words.words_of("stage", code),
            Cell(figure, "today") if figure else None,
            Cell("open", "now", (("stage", code),)) if stands else None,
        )
        for code, figure, stands in STAGES
    )


def _share(board: Board, code: str) -> int:
    whole = board.value(Cell("open")) or 0
    return round(100 * (board.value(Cell(code)) or 0) / whole) if whole else 0


def _parts(board: Board, split: Split, most: int) -> tuple[Part, ...]:
    found = sorted(board.parts(split).items(), key=lambda pair: (-pair[1], pair[0]))
    board.spread(split, [key for key, _ in found[:most]])
    top = max([1, *(count for _, count in found)])
    return tuple(
        Part(words.words_of(split.by, key), split.cell(key), count, round(100 * count / top))
        for key, count in found[:most]
    )


def _units(board: Board, splits_: list[Split]) -> tuple[Part, ...]:
    """Give the units with the most overdue cases first; cases that no unit has are no unit's."""
    standing, late = (board.parts(split) for split in splits_[:2])
    keys = sorted((k for k in standing if k), key=lambda k: (-late.get(k, 0), -standing[k], k))
    keys = keys[:UNITS]
    top = max([1, *standing.values()])
    cells = [board.spread(split, keys) for split in splits_]
    return tuple(
        Part(
            words.words_of("unit", key),
            first,
            standing[key],
            round(100 * standing[key] / top),
            others,
        )
        for key, first, *others in zip(keys, *cells, strict=True)
    )


def _latest(principal: Principal, at: datetime) -> tuple[tuple[CaseRow, str], ...]:
    """Give the latest cases, each with its community: a grid's code says nothing from afar."""
    found: set[tuple[datetime, int]] = set()
    for half in (Q(closed_at__isnull=True), Q(closed_at__gte=at - _LOOK_BACK)):
        rows = Case.objects.filter(half, reach_of(principal)).order_by("-opened_at", "-id")
        found.update(rows.values_list("opened_at", "pk")[:LATEST])
    rows_ = rows_of([key for _, key in sorted(found, reverse=True)[:LATEST]], at)
    return tuple((row, "".join(area_names(row.area_code)[-1:])) for row in rows_)


def _places(board: Board, standing: Split, late: Split) -> dict[str, list[int]]:
    overdue = board.parts(late)
    return {key: [n, overdue.get(key, 0)] for key, n in board.parts(standing).items()}


def map_data(wall: Wall) -> dict[str, Any]:
    """Give the map's counts by community: [open, overdue]."""
    return {"places": wall.places}

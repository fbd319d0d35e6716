"""A leader's page: six numbers, their trend, what needs him, and the way down to the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.domain.acting import act
from chengguan.cases.finding import find_case
from chengguan.cases.models import Case
from chengguan.cases.queries import CaseRow, rows_of
from chengguan.core.errors import Invalid
from chengguan.registry.domain.locate import AreaRef, chain
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area

from ..figures import words
from ..figures.domain.board import Board
from ..figures.domain.figure import Cell, Split
from ..figures.domain.windows import window_of
from ..figures.queries import reach_of
from .drawing import columns
from .needs import DECIDERS

WINDOWS: Final = ("7d", "30d", "90d")
#: What a leader is judged by and can be counted honestly today; docs/users/wall.md says why these.
SIX: Final = ("filed", "closed", "on_time_share", "overdue", "public_share", "closing_time")
TODAY: Final = ("reported", "filed", "closed")
WORST: Final = 8
#: The stages in which a unit has the case, so that an order can be answered.
_WITH_UNIT: Final = ("handle", "check")
CHILDREN: Final = 30
ANSWER_WITHIN: Final = timedelta(hours=24)
REASON: Final = "案件已超期，请立即处置，并在期限内答复原因和办结时间。"
_LEVELS: Final = (
    (9, "street", "街道（镇）"),
    (12, "community", "社区（村）"),
    (15, "grid", "单元网格"),
)


@dataclass(frozen=True, slots=True)
class Child:
    """A row of the way down: an area, its cells, and the address one step deeper."""

    title: str
    code: str
    cells: tuple[Cell, ...]
    deeper: bool


@dataclass(frozen=True, slots=True)
class Leading:
    """Everything on the page."""

    board: Board
    window: str
    area: str
    trail: tuple[AreaRef, ...]
    six: tuple[Cell, ...]
    today: dict[str, Cell]
    trends: tuple[tuple[str, SafeString], ...]
    needs: tuple[Cell, ...]
    level: str
    children: tuple[Child, ...]
    worst: tuple[CaseRow, ...]
    may_oversee: bool


def page_of(principal: Principal, window: str, area: str) -> Leading:
    """Count the whole page for one window and area ("" is all a person may see).

    Raises:
        Invalid: no such window, or no area's code.
    """
    if window not in WINDOWS:
        raise Invalid(
            "leader.window",
            f"没有“{window[:10]}”这个时段。",
            mend="请选近七日、三十日或九十日。",
            field="window",
        )
    if area and not (area.isascii() and area.isdigit() and len(area) <= 15):
        raise Invalid(
            "leader.area",
            "区划代码只能是数字，最多十五位。",
            mend="请从区域列表进入。",
            field="area",
        )
    at = timezone.now()
    narrow = {"area": area} if area else {}
    six = [_cell(code, "now" if code == "overdue" else window, narrow) for code in SIX]
    today = {code: _cell(code, "today", narrow) for code in TODAY}
    standing = {
        code: _cell(code, "now", narrow)
        for code in ("open", "overdue", "soon", "overseen", "oversight_late")
    }
    board = Board(principal, cells=[*six, *today.values(), *standing.values()])
    board.cells += [
        _cell(part, window, narrow)
        for part in ("on_time", "judged", "from_public", "from_public_closed")
    ]
    needs = _needs(principal)
    board.cells += needs
    trends = [Split(code, "day", window, tuple(narrow.items())) for code in ("reported", "closed")]
    level = _level(principal, area)
    down = _down(level[0], window, narrow) if level else []
    board.splits += [*trends, *down]
    board.count()
    return Leading(
        board=board, window=window, area=area, trail=tuple(chain(area)) if area else (),
        six=tuple(six), today=today | standing, needs=(*needs, standing["oversight_late"]),
        trends=tuple((words_of(split, at), _trend(board, split, at)) for split in trends),
        level=level[1] if level else "", children=_children(board, down, level[0]) if level else (),
        worst=_worst(principal, narrow, at), may_oversee=principal.can(Capability.OVERSEE),
    )  # fmt: skip


def oversee(principal: Principal, number: str, reason: str, at: datetime | None = None) -> Case:
    """Ask the unit of an overdue case for an answer within 24 hours: the verb 督办, nothing else.

    Raises:
        NotFound, NotAllowed, Conflict, Invalid: as the verb says.
    """
    moment = at or timezone.now()
    case = find_case(principal, number)
    data = {"reason": reason or REASON, "ground": "overdue", "answer_by": moment + ANSWER_WITHIN}
    act(case, "ask_oversight", principal, data, at)
    return case


def words_of(split: Split, at: datetime) -> str:
    """Say what a trend shows."""
    from ..figures.domain.declared import figure_of

    return f"{window_of(split.window, at).title}每日{figure_of(split.figure).title}"


def _level(principal: Principal, area: str) -> tuple[str, str] | None:
    """Give the level below an area; one street alone is no choice, and its communities are shown."""
    for length, name, title in _LEVELS:
        if len(area) < length and (name != "street" or len(_streets(principal, area)) > 1):
            return name, title
    return None


def _streets(principal: Principal, area: str) -> set[str]:
    known = Area.objects.filter(level=AreaLevel.STREET, code__startswith=area, valid_to=None)
    found = known.filter(geometry__isnull=False).values_list("code", flat=True)
    held = [one.area_code for one in principal.holding(Capability.SEE_CASES)]
    return {code for code in found if any(code.startswith(one[:9]) for one in held)}


def _cell(code: str, window: str, narrow: dict[str, str]) -> Cell:
    return Cell(code, window, tuple(sorted(narrow.items())))


def _needs(principal: Principal) -> list[Cell]:
    wanted: dict[str, Any] = {"to_decide": DECIDERS, "to_force": (Capability.LEAD,)}
    return [Cell(code) for code, any_of in wanted.items() if any(map(principal.can, any_of))]


def _trend(board: Board, split: Split, at: datetime) -> SafeString:
    span = window_of(split.window, at)
    assert span.start is not None
    first, last = timezone.localdate(span.start), timezone.localdate(at)
    days = [(first + timedelta(number)) for number in range((last - first).days + 1)]
    counts = board.parts(split)
    return columns(
        [(split.cell(_key(day)), _key(day), counts.get(_key(day), 0)) for day in days],
        words_of(split, at),
    )


def _key(day: date) -> str:
    return day.isoformat()


def _down(level: str, window: str, narrow: dict[str, str]) -> list[Split]:
    held = tuple(sorted(narrow.items()))
    return [
        Split("open", level, "now", held),
        Split("overdue", level, "now", held),
        Split("closed", level, window, held),
    ]


def _children(board: Board, down: list[Split], level: str) -> tuple[Child, ...]:
    standing, late, done = (board.parts(split) for split in down)
    keys = sorted(
        {*standing, *done},
        key=lambda key: (-late.get(key, 0), -standing.get(key, 0), -done.get(key, 0), key),
    )[:CHILDREN]
    cells = zip(*(board.spread(split, keys) for split in down), strict=True)
    return tuple(
        Child(words.words_of(level, key), key, row, level != "grid" and bool(key))
        for key, row in zip(keys, cells, strict=True)
    )


def _worst(principal: Principal, narrow: dict[str, str], at: datetime) -> tuple[CaseRow, ...]:
    """Give the cases longest overdue that could be overseen and aren't yet."""
    area = Q(area_code__startswith=narrow["area"]) if narrow else Q()
    late = Q(
        closed_at__isnull=True,
        stage_due_at__lt=at,
        overseen=False,
        stage__in=_WITH_UNIT,
    )
    rows = Case.objects.filter(late, area, reach_of(principal)).order_by("stage_due_at", "id")
    return rows_of(list(rows.values_list("pk", flat=True)[:WORST]), at)

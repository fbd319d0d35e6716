"""The rows behind a figure, as a page and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.queries import CaseRow, rows_of
from chengguan.cases.screens.lines import lines
from chengguan.core.errors import Invalid
from chengguan.registry.domain.duty_index import units
from chengguan.ui import ports
from chengguan.ui.clockface import exact
from chengguan.ui.recipe.export import safe
from chengguan.ui.recipe.views import need

from .domain.behind import case_ids, every_case, other_rows
from .domain.board import Board, parts_of, require
from .domain.declared import figure_of
from .domain.figure import AREA, DIMENSIONS, UNDER, Cell, ListFigure
from .domain.windows import NOW, window_of
from .queries import names_cases
from .words import query_of, said, words_of

_SIZE: Final = 50
_HEAD: Final = (
    "案件编号", "状态", "事项代码", "事项", "区划代码", "区域", "处置单位", "来源", "上报时间",
    "阶段到期", "办结时间",
)  # fmt: skip


@login_required
@require_safe
def rows(request: HttpRequest, code: str) -> HttpResponse:
    """Show the rows a figure counts, fifty a page; a share shows its two counts."""
    principal = principal_of_request(request)
    require(principal, code)
    cell = _cell(request, code)
    figure = figure_of(code)
    start = (_page(request) - 1) * _SIZE
    board = Board(principal, cells=[cell, *_parts(cell)]).count(fresh=True)
    # A wall names nobody; and a number that somebody guessed is no name where he has none of his rows.
    named = names_cases(principal) and bool(board.value(cell))
    context: dict[str, Any] = {
        "figure": figure, "cell": cell, "board": board, "parts": _parts(cell),
        "window": window_of(cell.window, board.at), "narrowed": said(cell, people=named),
        "names": names_cases(principal), "may_export": principal.can(Capability.EXPORT),
        "now": board.at, "query": query_of(cell),
    }  # fmt: skip
    if parts_of(code) == (code,):
        total = int(board.value(cell) or 0)
        page = start // _SIZE + 1
        context |= {"total": total, "next": page + 1 if total > start + _SIZE else None}
        context |= _shown(principal, cell, board, start) | {"before": page - 1 or None}
    return render(request, "command/figures/rows.html", context)


@login_required
@require_safe
def export(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """Answer all rows of a figure of cases as CSV; noted in the audit."""
    need(request, Capability.EXPORT, "导出案件")
    principal = principal_of_request(request)
    require(principal, code)
    cell = _cell(request, code)
    at = timezone.now()
    # What can't be asked is refused before the file begins.
    case_ids(principal, cell, at, 0, 1)
    ports.note(
        request, "export", subject_type="figure", subject_id=code, detail={"of": query_of(cell)}
    )
    answer = StreamingHttpResponse(
        _csv(principal, cell, at), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{code}.csv"'
    return answer


def _cell(request: HttpRequest, code: str) -> Cell:
    known = (AREA, UNDER, *DIMENSIONS)
    if any("\0" in value for value in request.GET.values()):
        raise Invalid(
            "figures.narrow", "筛选条件里有不能识别的字符。", mend="请从页面上的数字进入。"
        )
    narrow = sorted((name, request.GET[name][:40]) for name in known if name in request.GET)
    return Cell(code, request.GET.get("window", NOW), tuple(narrow))


def _parts(cell: Cell) -> list[Cell]:
    codes = parts_of(cell.figure)
    return [Cell(one, cell.window, cell.narrow) for one in codes if one != cell.figure]


def _page(request: HttpRequest) -> int:
    asked = request.GET.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 7 and 0 < int(asked) <= 100_000):
        raise Invalid("figures.page", "页码无效。", mend="请从第一页翻起。", field="page")
    return int(asked)


def _shown(principal: Principal, cell: Cell, board: Board, start: int) -> dict[str, Any]:
    figure = figure_of(cell.figure)
    if isinstance(figure, ListFigure):
        found = other_rows(principal, cell, board.at, start, _SIZE)
        return {"others": figure.lines(found), "shown": len(found)}
    ids = case_ids(principal, cell, board.at, start, _SIZE)
    found_rows = rows_of(ids, board.at)
    plain = lines(found_rows, board.at) if names_cases(principal) else ""
    return {"rows": found_rows, "lines": plain, "shown": len(found_rows)}


def _csv(principal: Principal, cell: Cell, at: Any) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow(_HEAD)
    ids: list[int] = []
    for key in every_case(principal, cell, at):
        ids.append(key)
        if len(ids) == 500:
            yield from _written(ids, at, principal, writer, buffer)
            ids = []
    yield from _written(ids, at, principal, writer, buffer)


def _written(
    ids: list[int], at: Any, principal: Principal, writer: Any, buffer: io.StringIO
) -> Iterator[bytes]:
    for row in rows_of(ids, at):
        if _may_take(principal, row):
            writer.writerow([safe(cell) for cell in _cells(row)])
    yield buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()


def _may_take(principal: Principal, row: CaseRow) -> bool:
    unit = units().get(row.unit_id) if row.unit_id is not None else None
    return principal.can(
        Capability.EXPORT,
        area_code=row.area_code,
        organisation_path=unit.path if unit else "",
        matter_code=row.matter_code or None,
    )


def _cells(row: CaseRow) -> list[Any]:
    return [
        row.number, row.state_title, row.matter_code, row.matter_name, row.area_code,
        row.area_name, row.unit_name, words_of("source", row.source), exact(row.opened_at),
        exact(row.stage_due_at), exact(row.closed_at),
    ]  # fmt: skip

"""Rows written as CSV, XLSX or GeoJSON while they are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

import xlsxwriter

from chengguan.core.errors import Invalid, NotFound
from chengguan.ui.recipe.export import SHEET_ROWS

from ..columns import head
from ..queries import CaseRow

TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
#: A batch of rows with their cells.
Batch = tuple[Sequence[CaseRow], Sequence[Sequence[Any]]]


def check_form(form: str) -> None:
    """Refuse a form there isn't.

    Raises:
        NotFound: it is neither CSV, XLSX nor GeoJSON.
    """
    if form not in TYPES:
        raise NotFound("export.form", "没有这种导出格式。", mend="可选 CSV、XLSX 或 GeoJSON。")


def write(form: str, names: Sequence[str], batches: Iterator[Batch], into: IO[bytes]) -> None:
    """Write all rows; XLSX keeps one row at a time in memory.

    Raises:
        Invalid: more rows than a sheet of XLSX has.
    """
    if form == "xlsx":
        _xlsx(names, batches, into)
        return
    for part in lines(form, names, batches):
        into.write(part)


def lines(form: str, names: Sequence[str], batches: Iterator[Batch]) -> Iterator[bytes]:
    """Give CSV or GeoJSON piece by piece, for an answer that is streamed."""
    return _csv(names, batches) if form == "csv" else _geojson(names, batches)


def _csv(names: Sequence[str], batches: Iterator[Batch]) -> Iterator[bytes]:
    # Spreadsheets here take a file without the mark for GBK.
    yield b"\xef\xbb\xbf"
    yield _csv_text([head(names)])
    for _, cells in batches:
        yield _csv_text(cells)


def _csv_text(cells: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(cells)
    return buffer.getvalue().encode()


def _geojson(names: Sequence[str], batches: Iterator[Batch]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    titles, comma = head(names), ""
    for rows, cells in batches:
        for row, values in zip(rows, cells, strict=True):
            if row.point is None:
                continue
            feature = {
                "type": "Feature",
                "id": row.number,
                "geometry": {"type": "Point", "coordinates": list(row.point)},
                "properties": dict(zip(titles, values, strict=True)),
            }
            yield f"{comma}{json.dumps(feature, ensure_ascii=False)}".encode()
            comma = ",\n"
    yield b"]}"


def _xlsx(names: Sequence[str], batches: Iterator[Batch], into: IO[bytes]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(into, options)
    sheet = book.add_worksheet("案件")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, head(names), book.add_format({"bold": True}))
    number = 0
    for _, cells in batches:
        for values in cells:
            number += 1
            if number > SHEET_ROWS:
                raise Invalid(
                    "export.rows", "XLSX 一张表最多 1048575 行。", mend="请先筛选，或导出 CSV。"
                )
            sheet.write_row(number, 0, values)
    book.close()

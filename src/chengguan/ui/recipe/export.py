"""Rows as CSV, XLSX or GeoJSON, written while they are read.

A cell that a spreadsheet would take for a formula gets a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

import xlsxwriter
from django.db import models
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from chengguan.core.errors import Invalid, NotFound

from .. import clockface
from . import geometry
from .resource import Resource

SHEET_ROWS = 1_048_575
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 2_000


def export(resource: Resource, rows: models.QuerySet[Any], form: str) -> HttpResponseBase:
    """Answer all of `rows` in one of the three forms; streamed, so memory stays flat."""
    rows = rows.order_by("pk")
    if form == "csv":
        response: HttpResponseBase = StreamingHttpResponse(
            _csv(resource, rows), content_type="text/csv; charset=utf-8"
        )
    elif form == "xlsx":
        response = _xlsx(resource, rows)
    elif form == "geojson" and resource.place:
        response = StreamingHttpResponse(
            _geojson(resource, rows), content_type="application/geo+json"
        )
    else:
        raise NotFound(
            "export.form", "没有这种导出格式。", mend="可选 CSV、XLSX；有位置的还可选 GeoJSON。"
        )
    name = quote(f"{resource.title}.{form}")
    response["Content-Disposition"] = (
        f"attachment; filename=\"export.{form}\"; filename*=UTF-8''{name}"
    )
    return response


def safe(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: numbers as they are, formulas as text."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _fields(resource: Resource) -> list[models.Field[Any, Any]]:
    left_out = {resource.place, *resource.hidden, *resource.export_defer}
    return [
        field
        for field in resource.model._meta.concrete_fields
        if field.name not in left_out and not field.primary_key
    ]


def _head(resource: Resource) -> list[str]:
    head = [str(field.verbose_name) for field in _fields(resource)]
    return [*head, "经度", "纬度"] if _is_point(resource) else head


def _table(resource: Resource, rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    fields = _fields(resource)
    point = resource.place if _is_point(resource) else ""
    for row in rows.iterator(chunk_size=_CHUNK):
        cells = [safe(_plain(row, field)) for field in fields]
        if point:
            cells += getattr(row, point) or ("", "")
        yield cells


def _plain(row: Any, field: models.Field[Any, Any]) -> Any:
    display = getattr(row, f"get_{field.name}_display", None)
    value = display() if display is not None else getattr(row, field.name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return clockface.exact(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return value if isinstance(value, int | float) else str(value)


def _is_point(resource: Resource) -> bool:
    return bool(resource.place) and resource.place != "geometry"


def _csv(resource: Resource, rows: models.QuerySet[Any]) -> Iterator[bytes]:
    # Spreadsheets here take a file without the mark for GBK.
    yield b"\xef\xbb\xbf"
    yield from _csv_lines([_head(resource)])
    yield from _csv_lines(_table(resource, rows))


def _csv_lines(table: Iterable[list[Any]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, cells in enumerate(table, 1):
        writer.writerow(cells)
        if number % 500 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _xlsx(resource: Resource, rows: models.QuerySet[Any]) -> FileResponse:
    if rows[SHEET_ROWS : SHEET_ROWS + 1].exists():
        raise Invalid("export.rows", "XLSX 一张表最多 1048575 行。", mend="请先筛选，或导出 CSV。")
    place: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when sent
    book = xlsxwriter.Workbook(
        place,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet(resource.title[:31])
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, _head(resource), book.add_format({"bold": True}))
    for number, cells in enumerate(_table(resource, rows), 1):
        sheet.write_row(number, 0, cells)
    book.close()
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    place.seek(0)
    return FileResponse(place, content_type=content_type)


def _geojson(resource: Resource, rows: models.QuerySet[Any]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    placed = rows.filter(**{f"{resource.place}__isnull": False}).defer(None)
    comma = ""
    for row in placed.iterator(chunk_size=_CHUNK):
        yield f"{comma}{json.dumps(geometry.feature(resource, row), ensure_ascii=False)}".encode()
        comma = ",\n"
    yield b"]}"

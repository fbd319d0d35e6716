"""Exports that come back through the imports: the same heads, the same words, the same formats.

Streamed, never whole in memory; a cell that a spreadsheet would run as a formula is written with
an apostrophe in CSV (the import takes it off again) and as plain text in XLSX.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import orjson
import shapely
import xlsxwriter
from django.db.models import Model, QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.core.coordinates import CRS, convert, convert_many

from .. import queries
from ..errors import invalid
from ..models import Area
from .imports import KINDS
from .imports.kind import Kind
from .rights import require
from .shapes import to_geojson, to_shape

XLSX_ROWS: Final = 1_048_575
_CHUNK: Final = 2_000
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
_ROWS: Final[dict[str, Callable[[Principal], QuerySet[Any]]]] = {
    "areas": queries.areas_visible_to,
    "grids": lambda principal: queries.areas_visible_to(principal).filter(level="grid"),
    "duty_grids": queries.duty_grids_visible_to,
    "components": queries.components_visible_to,
    "cameras": queries.cameras_visible_to,
    "devices": queries.devices_visible_to,
    "facilities": queries.facilities_visible_to,
    "vehicles": queries.vehicles_visible_to,
    "catalogue": queries.matters_visible_to,
    "rules": queries.rules_visible_to,
    "organisations": queries.organisations_visible_to,
    "duties": queries.duties_visible_to,
}
# What a head shows where the row's attribute has another name.
_VALUES: Final[dict[tuple[str, str], Callable[[Any], Any]]] = {
    ("rules", "kind"): lambda row: row.matter.get_kind_display(),
    ("rules", "major_code"): lambda row: row.matter.major_code,
    ("rules", "major_name"): lambda row: row.matter.major_name,
    ("rules", "minor_code"): lambda row: row.matter.code,
    ("rules", "minor_name"): lambda row: row.matter.name,
    ("rules", "matter_code"): lambda row: row.matter.code,
    ("duties", "organisation"): lambda row: row.organisation.code,
    ("organisations", "parent_code"): lambda row: row.parent.code if row.parent else "",
    ("catalogue", "minor_code"): lambda row: row.code[2:],
}


@dataclass(frozen=True, slots=True)
class Export:
    """A file under way: `chunks` yields its bytes once."""

    file_name: str
    content_type: str
    chunks: Iterator[bytes]


def export(
    kind: str,
    fmt: str,
    principal: Principal,
    *,
    crs: CRS = CRS.CGCS2000,
    rows: QuerySet[Any] | None = None,
) -> Export:
    """Export what the person may see of a kind, or of `rows` (already scoped and filtered).

    Of rules and duties the last version of each goes out, so that the file can be edited and
    imported again. The export is in the audit log before its first byte.

    Raises:
        NotAllowed: no right to see the registry.
        Invalid: an unknown kind or format, or more rows than a sheet holds.
    """
    name = {"matters": "catalogue"}.get(kind, kind)
    if name not in _ROWS or fmt not in _TYPES:
        raise invalid("export", f"不能把“{kind}”导出为“{fmt}”。", "格式可选 csv、xlsx、geojson。")
    require(principal, Capability.SEE_REGISTRY, f"registry.export.{name}")
    declared = KINDS[name]
    if fmt == "geojson" and not declared.has_place:
        raise invalid(
            "export", f"{declared.title}没有位置，不能导出为 GeoJSON。", "请选择 csv 或 xlsx。"
        )
    found = _prepared(declared, _ROWS[name](principal) if rows is None else rows)
    count = found.count()
    if fmt == "xlsx" and count > XLSX_ROWS:
        raise invalid("export", f"共 {count} 行，超过 XLSX 的上限。", "请导出为 CSV。")
    record(
        "registry.export",
        actor=principal.actor(Capability.SEE_REGISTRY),
        subject_type=declared.model._meta.label_lower,
        detail={"kind": name, "format": fmt, "rows": count, "crs": str(crs)},
    )
    write = {"csv": _csv, "xlsx": _xlsx, "geojson": _geojson}[fmt]
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    return Export(f"{declared.title}-{stamp}.{fmt}", _TYPES[fmt], write(declared, found, crs))


def safe(value: Any) -> Any:
    """Give text that no spreadsheet runs as a formula; numbers stay numbers."""
    if isinstance(value, str) and _FORMULA.match(value):
        return "'" + value
    return value


def _prepared(kind: Kind, rows: QuerySet[Any]) -> QuerySet[Any]:
    if kind.versioned:
        last = (
            kind.model._default_manager.order_by("code", "-version").distinct("code").values("pk")
        )
        rows = rows.filter(pk__in=last)
    if kind.name == "rules":
        return rows.select_related("matter")
    if kind.name == "duties":
        return rows.select_related("organisation")
    return rows.select_related("parent") if kind.name == "organisations" else rows


def _csv(kind: Kind, rows: QuerySet[Any], crs: CRS) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow(_heads(kind))
    for row in rows.iterator(chunk_size=_CHUNK):
        writer.writerow([safe(value) for value in _cells(kind, row, crs)])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _xlsx(kind: Kind, rows: QuerySet[Any], crs: CRS) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        sheet = book.add_worksheet(kind.title)
        for column, head in enumerate(_heads(kind)):
            sheet.write_string(0, column, head)
        for line, row in enumerate(rows.iterator(chunk_size=_CHUNK), start=1):
            for column, value in enumerate(_cells(kind, row, crs)):
                if isinstance(value, int | float):
                    sheet.write_number(line, column, value)
                elif value != "":
                    sheet.write_string(line, column, value)
        book.close()
        file.seek(0)
        while chunk := file.read(1 << 16):
            yield chunk


def _geojson(kind: Kind, rows: QuerySet[Any], crs: CRS) -> Iterator[bytes]:
    heads = [f for f in kind.fields if f.name not in {"lon", "lat"}]
    start = b'{"type":"FeatureCollection","features":['
    if kind.model is Area:
        rows = rows.filter(geometry__isnull=False)
    for row in rows.iterator(chunk_size=_CHUNK):
        properties = {f.title: _value(kind, f.name, row, crs) for f in heads}
        feature = {"type": "Feature", "properties": properties, "geometry": _geometry(row, crs)}
        yield start + orjson.dumps(feature)
        start = b",\n"
    yield (start if start.startswith(b"{") else b"") + b"]}"


def _heads(kind: Kind) -> list[str]:
    return [field.title for field in kind.fields]


def _cells(kind: Kind, row: Model, crs: CRS) -> Sequence[Any]:
    return [_value(kind, field.name, row, crs) for field in kind.fields]


def _value(kind: Kind, name: str, row: Any, crs: CRS) -> Any:
    special = _VALUES.get((kind.name, name))
    if special is not None:
        return special(row)
    if name in {"lon", "lat"}:
        if row.point is None:
            return ""
        return convert(row.point[0], row.point[1], CRS.CGCS2000, crs)[name == "lat"]
    value = getattr(row, "grid_code" if name == "said_grid" else name)
    field = {f.name: f for f in row._meta.concrete_fields}.get(name)
    if field is not None and field.choices:
        return str(getattr(row, f"get_{name}_display")())
    return _plain(value)


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    return value if isinstance(value, int | float) else str(value)


def _geometry(row: Any, crs: CRS) -> dict[str, Any] | None:
    if hasattr(row, "point"):
        if row.point is None:
            return None
        place = convert(row.point[0], row.point[1], source=CRS.CGCS2000, target=crs)
        return {"type": "Point", "coordinates": place}
    if row.geometry is None:
        return None
    if crs in (CRS.CGCS2000, CRS.WGS84):
        found: dict[str, Any] = row.geometry
        return found
    shape = to_shape(row.geometry)
    return to_geojson(shapely.transform(shape, lambda xy: convert_many(xy, CRS.CGCS2000, crs)))

"""From cells to values: heads are matched once, then every cell is read by its field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .faults import Bad, Unreadable
from .fields import Field
from .kind import Context, Kind, Row
from .tables import Table, cell_text, plain

_POINTS = ("lon", "lat")


def read_rows(kind: Kind, table: Table, context: Context) -> Iterator[Row]:
    """Yield every row of the file; one that has a fault comes with no values.

    Says unknown heads as a warning. `context.given` is set before the first row is read.

    Raises:
        Unreadable: a column that must be there is missing.
    """
    places = _match(kind, table, context)
    context.given = frozenset(field.name for _, field in places)
    return _rows(kind, table, context, places)


def _match(kind: Kind, table: Table, context: Context) -> list[tuple[int, Field]]:
    by_head = {plain(head): field for field in kind.fields for head in field.heads}
    found: dict[str, tuple[int, Field]] = {}
    unknown = []
    for place, head in enumerate(table.heads):
        field = by_head.get(plain(head))
        if field is None:
            if head:
                unknown.append(head)
        elif field.name in found:
            other = table.heads[found[field.name][0]]
            raise Unreadable(f"“{other}”和“{head}”两列都是{field.title}。", "请只保留一列。")
        else:
            found[field.name] = (place, field)
    missing = [f.title for f in kind.fields if f.required and f.name not in found]
    if kind.has_place and not table.shaped and "lon" in {f.name for f in kind.fields}:
        missing += [f.title for f in kind.fields if f.name in _POINTS and f.name not in found]
    if missing:
        seen = "、".join(head for head in table.heads if head)[:200]
        raise Unreadable(
            f"缺少列：{'、'.join(missing)}。现有列：{seen}。",
            "请补上缺少的列，或改正列名；列名见导入说明。",
        )
    if unknown:
        context.faults.warn(
            f"不认识这些列，已忽略：{'、'.join(unknown)[:200]}。",
            "如需导入，请改为导入说明中的列名。",
        )
    return list(found.values())


def _rows(
    kind: Kind, table: Table, context: Context, places: list[tuple[int, Field]]
) -> Iterator[Row]:
    width = len(table.heads)
    for number, cells, geometry in table.lines:
        row = Row(number, {}, geometry)
        if len(cells) > width and any(cell_text(cell) for cell in cells[width:]):
            context.faults.add(
                number,
                "整行",
                "",
                f"有 {len(cells)} 列，多于表头的 {width} 列。",
                "多半是内容里有未加引号的逗号，请加引号。",
            )
            yield row
            continue
        values = _values(number, cells, places, context)
        if values is not None:
            row.values = values
            if not kind.read(row, context):
                row.values = {}
        yield row


def _values(
    number: int, cells: Any, places: list[tuple[int, Field]], context: Context
) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    good = True
    for place, field in places:
        cell = cells[place] if place < len(cells) else ""
        text = cell if type(cell) is str else cell_text(cell)
        if not text:
            if field.required:
                context.faults.add(
                    number, field.title, "", "必填，不能为空。", f"请填写{field.title}。"
                )
                good = False
            values[field.name] = field.empty() if callable(field.empty) else field.empty
            continue
        try:
            values[field.name] = field.read(text)
        except Bad as bad:
            context.faults.add(number, field.title, text, bad.message, bad.mend)
            good = False
    return values if good else None

"""Rows out of CSV, XLSX and GeoJSON, one shape for all: heads, then numbered rows of cells."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Final

import orjson

from chengguan.core.workbooks.limits import Limits, WorkbookError
from chengguan.core.workbooks.reading import read_first, spread_merged

from .faults import Unreadable
from .files import WORKBOOK, Kept, encoding_of

# A title, a note and a merged line may stand above the heads, seldom more.
_HEAD_ROWS: Final = 10
CELL_CHARACTERS: Final = 1 << 20
_FORMULA: Final = re.compile(r"^'+[=+\-@\t\r]")

Line = tuple[int, Sequence[Any], Any]


@dataclass(slots=True)
class Table:
    """`lines` yields (row number, cells under `heads`, GeoJSON geometry or None)."""

    heads: list[str]
    lines: Iterator[Line]
    encoding: str = ""
    shaped: bool = False
    total: int = 0
    crs_said: str = ""
    notes: list[str] = field(default_factory=list)


def open_table(
    kept: Kept,
    known: Callable[[str], bool],
    *,
    encoding: str = "",
    fill_down: Sequence[str] = (),
    workbook: Limits = WORKBOOK,
) -> Table:
    """Open a kept file; `known` tells a head of the kind from a title line.

    `fill_down` names normalised heads whose empty cells in a CSV take the value above, as
    merged cells leave them; in XLSX the merged ranges themselves say so. `workbook` bounds what an
    XLSX may ask for.

    Raises:
        Unreadable: nothing can be read from it at all.
    """
    if kept.form == "geojson":
        return _geojson(kept)
    if kept.form == "xlsx":
        return _xlsx(kept, known, workbook)
    return _csv(kept, known, encoding, fill_down)


def plain(head: Any) -> str:
    """Give a head as it is compared: half-width, lower case, no spaces, stars or brackets."""
    text = unicodedata.normalize("NFKC", str(head)).strip().strip("*").lower()
    return re.sub(r"\(.*?\)|[\s_*]+", "", text)


def cell_text(value: Any) -> str:
    """Give a cell as text: whole numbers without a point, dates as ISO, yes and no in Chinese."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        # Past fifteen digits a spreadsheet has rounded already; the exponent gives that away.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, list):
        return "、".join(cell_text(item) for item in value)
    return str(value)


def unescape(text: str) -> str:
    """Take off the one apostrophe that an export sets before a formula."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _csv(kept: Kept, known: Callable[[str], bool], said: str, fill: Sequence[str]) -> Table:
    encoding = encoding_of(kept.path, said)
    reader = _records(kept, encoding, _delimiter(kept, encoding, known))
    above = list(islice(reader, _HEAD_ROWS))
    at = _head_row([cells for _, cells in above], known)
    heads = [cell.strip() for cell in above[at][1]]
    wanted = {plain(head) for head in fill}
    filled = [place for place, head in enumerate(heads) if plain(head) in wanted]

    def lines() -> Iterator[Line]:
        held: dict[int, str] = {}
        for source in (above[at + 1 :], reader):
            for number, cells in source:
                row = [unescape(cell.strip()) for cell in cells]
                if not any(row):
                    continue
                for place in filled:
                    if place < len(row):
                        row[place] = held[place] = row[place] or held.get(place, "")
                yield number, row, None

    return Table(heads, lines(), encoding=encoding)


def _records(kept: Kept, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(CELL_CHARACTERS)
    number = 0
    with kept.path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for number, cells in enumerate(reader, start=1):
                yield number, cells
        except csv.Error as error:
            raise Unreadable(
                f"第 {number + 1} 行无法按 CSV 读取（{error}）。",
                "多半是引号没有成对，请用表格软件重新另存为 CSV。",
                row=number + 1,
            ) from None


def _delimiter(kept: Kept, encoding: str, known: Callable[[str], bool]) -> str:
    with kept.path.open(encoding=encoding, newline="") as file:
        start = [file.readline(1 << 16) for _ in range(_HEAD_ROWS)]

    def heads(delimiter: str) -> int:
        return max(
            sum(known(plain(c.strip('" \r\n'))) for c in line.split(delimiter)) for line in start
        )

    return max((",", "\t", ";", "，"), key=heads)


def _head_row(above: list[Any], known: Callable[[str], bool]) -> int:
    scores = [sum(known(plain(cell)) for cell in cells if cell is not None) for cells in above]
    if not scores or not max(scores):
        raise Unreadable("没有找到表头。", "第一行应为列名，请对照导入说明或下载模板。")
    return scores.index(max(scores))


def _xlsx(kept: Kept, known: Callable[[str], bool], limits: Limits) -> Table:
    try:
        read = read_first(kept.path, limits)
    except WorkbookError as error:
        raise Unreadable(error.message, error.mend) from None
    rows = read.rows
    at = _head_row(rows[:_HEAD_ROWS], known)
    spread_merged(read, at)

    def lines() -> Iterator[Line]:
        for number, cells in enumerate(rows[at + 1 :], start=at + 2):
            if any(cell not in ("", None) for cell in cells):
                yield number, cells, None

    table = Table([cell_text(cell) for cell in rows[at]], lines(), total=len(rows) - at - 1)
    if read.others:
        table.notes.append(
            f"只读取第一个有内容的工作表“{read.name}”，另有 {read.others} 个工作表未读。"
        )
    return table


def _geojson(kept: Kept) -> Table:
    data = kept.path.read_bytes()
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        whole = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unreadable(
            f"GeoJSON 第 {error.lineno} 行第 {error.colno} 列有语法错误。",
            "文件可能被截断，请重新导出。",
            row=error.lineno,
        ) from None
    del data
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list):
        raise Unreadable(
            "不是 GeoJSON 要素集合（FeatureCollection）。", "请导出为 GeoJSON 要素集合。"
        )
    if not features:
        raise Unreadable("文件里没有要素。", "请选择有内容的文件。")
    heads: dict[str, None] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        heads.update(dict.fromkeys(properties or {}))
    names = list(heads)

    def lines() -> Iterator[Line]:
        for number, feature in enumerate(features, start=1):
            found = feature if isinstance(feature, dict) else {}
            properties = found.get("properties") or {}
            yield number, [properties.get(name) for name in names], found.get("geometry")

    crs = whole.get("crs")
    said = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    return Table(names, lines(), encoding="utf-8", shaped=True, total=len(features), crs_said=said)

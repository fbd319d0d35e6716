"""Read the first sheet of a workbook that has contents, within bounds.

The parts are copied into a workbook of our own while they are measured, and only the copy is
parsed: sizes that are a lie, parts that are there twice and everything nobody asked for stay
outside, and what was measured is what is read.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from python_calamine import CalamineError, CalamineWorkbook, ZipError

from .limits import MEGABYTE, Limits, WorkbookError
from .measuring import Sheet, Strings

_STRINGS: Final = "xl/sharedstrings.xml"
# Books of other kinds, which the reader would take for one where the XLSX part is broken.
_OTHER_BOOKS: Final = frozenset({"content.xml", "xl/workbook.bin"})
_UNREAD: Final = ("xl/drawings/", "xl/media/", "xl/externallinks/", "xl/pivot", "xl/charts/",
                  "xl/theme/", "xl/comments", "xl/printersettings/", "xl/calcchain", "customxml/",
                  "docprops/")  # fmt: skip
_MOST_PARTS: Final = 2_000
_MOST_SHEETS: Final = 100
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError,
    ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of the first sheet with contents, all of the same width.

    `merged` are ranges ((top, left), (bottom, right)) that don't overlap, counted from 0;
    `others` is how many further sheets hold something.
    """

    name: str
    rows: list[list[Any]]
    merged: Sequence[Any]
    others: int


def check_kind(file: Path | IO[bytes], limits: Limits) -> None:
    """Look at the table of contents only: a workbook, and no larger than it may claim to be.

    Raises:
        WorkbookError: it is damaged, no workbook, or claims too much.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _wanted(archive, limits)
    except _DAMAGED:
        raise _damaged() from None


def read_first(file: Path | IO[bytes], limits: Limits) -> Read:
    """Give the first sheet with contents.

    Raises:
        WorkbookError: it is damaged, no workbook, empty, or larger than the limits.
    """
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as copy:
        try:
            with zipfile.ZipFile(file) as archive:
                filled = _copy(archive, copy, limits)
        except _DAMAGED:
            raise _damaged() from None
        copy.flush()
        try:
            with closing(CalamineWorkbook.from_path(copy.name)) as book:
                return _first(book, filled, limits)
        except (CalamineError, ZipError, OSError, ValueError) as error:
            raise WorkbookError(
                f"XLSX 文件无法读取（{error}）。", "请重新导出或另存一份。"
            ) from None


def _first(book: CalamineWorkbook, filled: int, limits: Limits) -> Read:
    for name in book.sheet_names[:_MOST_SHEETS]:
        sheet = book.get_sheet_by_name(name)
        if not sheet.total_height:
            continue
        if sheet.total_height > limits.rows:
            raise WorkbookError(
                f"工作表有 {sheet.total_height} 行，超过 {limits.rows} 行。",
                "请另存为 CSV 后导入，或分批导入。",
            )
        merged = sheet.merged_cell_ranges or []
        covered = sum((bottom - top + 1) * (right - left + 1)
                      for (top, left), (bottom, right) in merged
                      if bottom < sheet.total_height)  # fmt: skip
        if covered > limits.cells:
            raise WorkbookError("工作表的合并单元格互相重叠。", "请取消合并后另存一份。")
        return Read(sheet.name, sheet.to_python(skip_empty_area=False), merged, max(0, filled - 1))
    raise WorkbookError("表格是空的。", "请选择有内容的文件。")


def _wanted(archive: zipfile.ZipFile, limits: Limits) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if "xl/workbook.xml" not in names or not _OTHER_BOOKS.isdisjoint(names):
        raise WorkbookError("这是压缩包，不是 XLSX 表格。", "请解压后选择其中的表格。")
    wanted = [entry for entry in entries if _is_read(entry.filename.lower())]
    if len(wanted) > _MOST_PARTS or len(wanted) != len({e.filename.lower() for e in wanted}):
        raise _damaged()
    if sum(entry.file_size for entry in wanted) > limits.unpacked:
        raise WorkbookError(
            f"XLSX 展开后超过 {limits.unpacked // MEGABYTE} MB。", "请拆分，或另存为 CSV 后导入。"
        )
    # The strings first: a sheet is measured by the strings it names.
    return sorted(wanted, key=lambda entry: entry.filename.lower() != _STRINGS)


def _is_read(name: str) -> bool:
    return name.endswith((".xml", ".rels")) and not name.startswith(_UNREAD)


def _copy(archive: zipfile.ZipFile, into: IO[bytes], limits: Limits) -> int:
    """Copy what will be read, and give how many parts hold cells."""
    strings = Strings(limits)
    filled = 0
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as copy:
        for entry in _wanted(archive, limits):
            sheet = Sheet(limits, strings)
            measured = strings if entry.filename.lower() == _STRINGS else sheet
            with archive.open(entry) as part, copy.open(entry.filename, "w") as out:
                for piece in measured.passing(part):
                    out.write(piece)
            filled += bool(sheet.cells)
    return filled


def _damaged() -> WorkbookError:
    return WorkbookError("XLSX 文件已损坏。", "请重新导出或另存一份。")


def spread_merged(read: Read, head: int) -> None:
    """Write the value of each merged range below the head's row into all of its cells."""
    rows = read.rows
    for (top, left), (bottom, right) in read.merged:
        if bottom <= head or bottom >= len(rows) or right >= len(rows[0]):
            continue
        for row in range(max(top, head + 1), bottom + 1):
            for column in range(left, right + 1):
                rows[row][column] = rows[top][left]

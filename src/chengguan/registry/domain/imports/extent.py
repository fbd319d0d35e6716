"""How far a sheet reaches, found by its XML: the reader makes room for every cell of the rectangle.

One cell in the last row and column of an XLSX sheet is a kilobyte on the disk and 17 thousand
million cells in memory; running out of it ends the process, and no exception says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from .faults import Unreadable

#: Cells of the rectangle; some 300 MB in the reader.
MAX_CELLS: Final = 10_000_000
_PIECE: Final = 1 << 20
_LAST_COLUMN: Final = 16_384
_CELL: Final = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_PLACED: Final = re.compile(rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Za-z]+)([0-9]+)")
_ROW: Final = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_NUMBERED: Final = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br=[\"']([0-9]+)")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


def check_extent(part: IO[bytes]) -> None:
    """Read one part of a workbook to its end, and pass it unless it is a sheet that is too large.

    Raises:
        Unreadable: it has more than ten million cells, those between counted, or is UTF-16.
    """
    rows = columns = row_tags = cells = placed = 0
    for piece in _whole_tags(part):
        found = set(_PLACED.findall(piece))
        cells += len(_CELL.findall(piece))
        placed += len(_PLACED.findall(piece))
        row_tags += len(_ROW.findall(piece))
        for letters in {letters for letters, _ in found}:
            columns = max(columns, _number(letters))
        numbers = {number for _, number in found} | set(_NUMBERED.findall(piece))
        rows = max(rows, max((_bounded(number) for number in numbers), default=0))
        # Cells without a place of their own follow one another.
        width = max(columns, min(cells - placed, _LAST_COLUMN))
        if width * max(rows, row_tags) > MAX_CELLS:
            raise Unreadable(
                f"工作表的范围有 {max(rows, row_tags)} 行、{width} 列，过大。",
                "多半是很远处有零星内容：请删除空白的行列后用表格软件另存，或另存为 CSV。",
            )


def _whole_tags(part: IO[bytes]) -> Iterator[bytes]:
    """Give the bytes in pieces that end between tags; a tag of a megabyte is none of a sheet."""
    rest = part.read(4)
    if rest.startswith(_WIDE):
        raise Unreadable("工作簿用了 UTF-16 编码。", "请用表格软件另存一份。")
    while piece := part.read(_PIECE):
        whole = rest + piece
        cut = whole.rfind(b"<")
        if cut <= 0:
            cut = len(whole)
        yield whole[:cut]
        rest = whole[cut:]
    yield rest


def _number(letters: bytes) -> int:
    if len(letters) > 3:
        return _LAST_COLUMN
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _bounded(digits: bytes) -> int:
    return int(digits[:12])

"""How much room the parts of a workbook would take, found by their bytes before anything parses them.

One cell in the last row and column of a sheet is a kilobyte on the disk and 17 thousand million
cells in memory; one long shared string that every cell names is written out in every one of them.
Running out of memory ends the process, and no exception says so.

What is counted is never less than what a parser would find: where a part is written in a way that
could mislead the count (comments, brackets within attributes), the worst is assumed.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from typing import IO, Final

import numpy as np

from .limits import MEGABYTE, Limits, WorkbookError

_LAST_COLUMN: Final = 16_384
_TAG: Final = rb"<(?:[^\s<>/!?][^\s<>]*:)?"
_CELL: Final = re.compile(_TAG + rb"c(?=[\s/>])")
_ROW: Final = re.compile(_TAG + rb"row(?=[\s/>])")
_STRING: Final = re.compile(_TAG + rb"si(?=[\s/>])")
# A cell that says its place, whole attributes before it only.
_PLACED: Final = re.compile(
    _TAG + rb"c(?:\s+(?!r\s*=)[\w:.-]+=\"[^\"<>]*\")*\s+r=\"[A-Za-z]+[0-9]+\""
)
_PLACE: Final = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]*)([0-9]+)")
_SHARED: Final = re.compile(rb"\st\s*=\s*[\"']s[\"']")
_NAMED: Final = re.compile(rb"\st=\"s\"[^<>]*><v>([0-9]{1,9})</v>")
# What could hide a tag or make one up: comments, and brackets within an attribute.
_ODD: Final = re.compile(rb"<!|<\?(?!xml[^<>?]*\?>)|=\s*\"[^\"]*[<>]|=\s*'[^']*[<>]")
_NONE: Final = np.zeros(0, dtype=np.uint64)
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


class Strings:
    """The shared strings of a workbook: how many bytes each takes, markup included."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.sizes = array("Q")
        self.longest = 0

    def passing(self, part: IO[bytes]) -> Iterator[bytes]:
        """Give the part's bytes again while the strings are counted.

        Raises:
            WorkbookError: more of them than the limits allow, or UTF-16.
        """
        odd = False
        for piece in _whole_tags(part):
            starts = [found.start() for found in _STRING.finditer(piece)]
            if self.sizes:
                self.sizes[-1] += starts[0] if starts else len(piece)
            ends = [*starts[1:], len(piece)]
            self.sizes.extend(end - start for start, end in zip(starts, ends, strict=False))
            odd = odd or _is_odd(piece)
            if len(self.sizes) > self._limits.strings:
                raise WorkbookError(
                    f"工作簿的文字超过 {self._limits.strings} 条。", "请拆分，或另存为 CSV。"
                )
            yield piece
        self.longest = sum(self.sizes) if odd else max(self.sizes, default=0)
        if odd:
            self.sizes = array("Q")

    def size(self, numbers: Sequence[bytes]) -> int:
        """Give the bytes of strings by number, the most there may be where one isn't known."""
        places = np.array(numbers, dtype=np.int64) if numbers else np.zeros(0, dtype=np.int64)
        sizes = np.frombuffer(self.sizes, dtype=np.uint64) if self.sizes else _NONE
        known = places < len(sizes)
        return int(sizes[places[known]].sum()) + int((~known).sum()) * self.longest


class Sheet:
    """What one part holds, were it read as a sheet."""

    def __init__(self, limits: Limits, strings: Strings) -> None:
        self._limits = limits
        self._strings = strings
        self.cells = 0

    def passing(self, part: IO[bytes]) -> Iterator[bytes]:
        """Give the part's bytes again while rows, columns, cells and text are counted.

        Raises:
            WorkbookError: more of one than the limits allow, or UTF-16.
        """
        rows = columns = row_tags = placed = shared = named = text = 0
        odd = False
        for piece in _whole_tags(part):
            odd = odd or _is_odd(piece)
            self.cells += len(_CELL.findall(piece))
            placed += len(_PLACED.findall(piece))
            row_tags += len(_ROW.findall(piece))
            places = _PLACE.findall(piece)
            rows = max(rows, *(int(n[:12]) for n in {number for _, number in places}), 0)
            columns = max(columns, *(_number(one) for one in {letters for letters, _ in places}), 0)
            # Cells without a place of their own follow one another.
            unplaced = self.cells if odd else self.cells - placed
            shared += len(_SHARED.findall(piece))
            found = _NAMED.findall(piece)
            named += len(found)
            text += self._strings.size(found)
            longest = self._strings.longest
            most = shared * longest if odd else text + (shared - named) * longest
            if _STRING.search(piece):
                raise WorkbookError("工作簿的内部结构不合规范。", "请用表格软件另存一份。")
            self._refuse(max(rows, row_tags), max(columns, min(unplaced, _LAST_COLUMN)), most)
            yield piece

    def _refuse(self, rows: int, width: int, text: int) -> None:
        if (width and rows * width > self._limits.cells) or width > self._limits.columns:
            raise WorkbookError(
                f"工作表的范围有 {rows} 行、{width} 列，过大。",
                "多半是很远处有零星内容：请删除空白的行列后用表格软件另存，或另存为 CSV。",
            )
        if rows > self._limits.rows + _ABOVE and width:
            raise WorkbookError(
                f"工作表有 {rows} 行，超过 {self._limits.rows} 行。",
                "请删除空白的行后另存，或分批导入。",
            )
        if text > self._limits.text:
            raise WorkbookError(
                f"工作表的文字展开后超过 {self._limits.text // MEGABYTE} MB。",
                "同一段很长的文字用在了许多格里：请缩短，或另存为 CSV。",
            )


#: Titles and heads above the rows.
_ABOVE: Final = 10


def _whole_tags(part: IO[bytes]) -> Iterator[bytes]:
    """Give the bytes in pieces that end between tags; no tag or text of a sheet has a megabyte."""
    rest = part.read(4)
    if rest.startswith(_WIDE):
        raise WorkbookError("工作簿用了 UTF-16 编码。", "请用表格软件另存一份。")
    while piece := part.read(MEGABYTE):
        whole = rest + piece
        # A cell is not torn from the value that names its string.
        cut = max(whole.rfind(b"<c "), whole.rfind(b"<si>"), whole.rfind(b"<row "))
        cut = cut if cut > 0 else whole.rfind(b"<")
        if cut <= 0 and len(whole) >= MEGABYTE:
            raise WorkbookError("有一格的内容超过 1 MB。", "请缩短，或另存为 CSV。")
        yield whole[: max(cut, 0)]
        rest = whole[max(cut, 0) :]
    yield rest


def _is_odd(piece: bytes) -> bool:
    # The next piece begins with a bracket, which may be one within an attribute of this one.
    return _ODD.search(piece + b"<") is not None


def _number(letters: bytes) -> int:
    if len(letters) > 3:
        return _LAST_COLUMN
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number

"""What a workbook may ask for, and the error that says it asks for more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one kind of table, in bytes where not said otherwise.

    `unpacked` is all XML together, `cells` the rectangle of a sheet (those between counted),
    `strings` a number, `text` what all cells hold once every shared string is written out.
    """

    rows: int
    cells: int
    unpacked: int
    strings: int
    text: int
    columns: int = 500


class WorkbookError(Exception):
    """The workbook is refused; `message` and `mend` are Chinese sentences."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


#: A table of a few thousand rows that somebody filled in by hand.
SMALL: Final = Limits(
    rows=20_000, cells=500_000, unpacked=32 * MEGABYTE, strings=200_000, text=32 * MEGABYTE
)

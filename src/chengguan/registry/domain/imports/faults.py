"""Faults of an import: each names row, field, value and mend; all are counted, the first are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

KEPT: Final = 1_000
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `row` counts as the spreadsheet does (the head is row 1), 0 is the whole file."""

    row: int
    field: str
    value: str
    message: str
    mend: str

    def line(self) -> dict[str, Any]:
        """Give it as it is stored and sent."""
        return {
            "row": self.row,
            "field": self.field,
            "value": self.value,
            "message": self.message,
            "mend": self.mend,
        }


class Faults:
    """Collects faults in bounded memory."""

    def __init__(self) -> None:
        self.kept: list[Fault] = []
        self.count = 0
        self.warnings: list[dict[str, str]] = []

    def add(self, row: int, field: str, value: Any, message: str, mend: str) -> None:
        """Count a fault, and keep it while there is room."""
        self.count += 1
        if len(self.kept) < KEPT:
            text = "" if value is None else str(value)
            shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
            self.kept.append(Fault(row, field, shown, message, mend))

    def more(self, number: int) -> None:
        """Count faults that were not read out, for the kept ones are full."""
        self.count += number

    def warn(self, message: str, mend: str = "") -> None:
        """Say something that doesn't stop the import."""
        self.warnings.append({"message": message, "mend": mend})

    @property
    def room(self) -> int:
        """How many more faults will be kept."""
        return KEPT - len(self.kept)

    def lines(self) -> list[dict[str, Any]]:
        """Give the kept faults by row."""
        return [fault.line() for fault in sorted(self.kept, key=lambda f: (f.row, f.field))]


class Unreadable(Exception):
    """The file as a whole can't be read; carries one fault."""

    def __init__(self, message: str, mend: str, *, row: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.row = row


class Bad(Exception):
    """A cell can't be read; the row is skipped, reading goes on."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

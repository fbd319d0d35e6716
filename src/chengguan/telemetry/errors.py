"""What is wrong with a position, in sentences that name the row and the mend."""

from __future__ import annotations

from chengguan.core.errors import Invalid


def wrong(row: int, field: str, message: str, mend: str) -> Invalid:
    """One fault of one row (1-based) of a batch."""
    return Invalid("telemetry.position", message, row=row, field=field, mend=mend)

"""The working calendar of 2025 to 2027."""

from __future__ import annotations

from chengguan.workflow.domain.calendars import all_calendars
from chengguan.workflow.domain.revising import import_calendar

from .bringing import DATA, LOADER

FILE = DATA / "calendars" / "cn-2025-2027.toml"


def load() -> str:
    """Import the national calendar as the city's."""
    import_calendar(FILE.read_text(encoding="utf-8"), LOADER)
    calendar = all_calendars().newest("city")
    return f"{calendar.name}"

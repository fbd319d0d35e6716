"""Instants from outside: within the years and offsets that calendars and database can hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
# PostgreSQL reads offsets below sixteen hours; ISO 8601 writes up to a day.
_OFFSET: Final = timedelta(hours=15)


def usable(moment: datetime) -> datetime:
    """Give an aware instant that can be stored and shown, in UTC where its offset is no country's.

    Raises:
        ValueError: it has no offset, or lies outside of 1900 to 2200.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("时间须带时区")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"时间应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")
    return moment if abs(offset) <= _OFFSET else moment.astimezone(UTC)

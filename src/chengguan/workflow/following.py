"""Hears that an organisation moved, and defers the work that follows from it."""

from __future__ import annotations

from typing import Final

#: Other processes know an organisation's old path for a second; what they write follows too.
LATER_SECONDS: Final = 15


def follow_in_background(sender: object, before: str, **rest: object) -> None:
    """Defer the job in the transaction of the move: a worker sees it once that is committed."""
    # Tasks can be imported when all apps are ready, not before.
    from .tasks import follow_organisation

    follow_organisation.defer(before=before)
    follow_organisation.configure(schedule_in={"seconds": LATER_SECONDS}).defer(before=before)

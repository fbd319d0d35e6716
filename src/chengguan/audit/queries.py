"""Reading the log."""

from __future__ import annotations

from django.db.models import QuerySet

from chengguan.audit.models import Entry


def history(subject_type: str, subject_id: str | int) -> QuerySet[Entry]:
    """Give what was done to one subject, the latest first; slice it, and it is one statement."""
    return Entry.objects.filter(subject_type=subject_type, subject_id=str(subject_id)).order_by(
        "-at", "-id"
    )

"""What a person may do with the own inbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from ..models import InboxItem


def mark_read(
    user_id: int, item_ids: Sequence[int] | None = None, *, at: datetime | None = None
) -> int:
    """Mark these items (all of them when None) of one's own inbox read; give how many were not."""
    found = InboxItem.objects.filter(user_id=user_id, read_at=None)
    if item_ids is not None:
        found = found.filter(id__in=item_ids)
    return found.update(read_at=at or timezone.now())

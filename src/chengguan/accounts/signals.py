"""What packages above may want to follow, sent inside the transaction that changes it."""

from __future__ import annotations

from django.dispatch import Signal

#: organisation, before, after: the old and the new path of the organisation that moved.
organisation_moved = Signal()

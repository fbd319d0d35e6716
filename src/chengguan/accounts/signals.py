"""What packages above may want to follow, sent inside the transaction that changes it."""

from __future__ import annotations

from django.dispatch import Signal

#: organisation, before, after: the old and the new path of the organisation that moved. An import
#: that moves many says so once: no organisation, and "/" for both paths.
organisation_moved = Signal()

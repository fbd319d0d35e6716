"""Each person's inbox, newest first; nobody reads another's."""

from __future__ import annotations

from dataclasses import dataclass

from .models import InboxItem

PAGE = 50


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of the inbox; `older` is the cursor of the next one, None at the end."""

    items: list[InboxItem]
    older: int | None


def inbox(user_id: int, *, before: int | None = None, unread: bool = False) -> InboxPage:
    """Give up to 50 items older than the cursor `before`: one statement."""
    found = InboxItem.objects.filter(user_id=user_id)
    if before is not None:
        found = found.filter(id__lt=before)
    if unread:
        found = found.filter(read_at=None)
    items = list(found.order_by("-id")[: PAGE + 1])
    return InboxPage(items[:PAGE], items[PAGE - 1].id if len(items) > PAGE else None)


def unread_count(user_id: int) -> int:
    """Give how many items are unread: one statement on an index."""
    return InboxItem.objects.filter(user_id=user_id, read_at=None).count()


def item(user_id: int, item_id: int) -> InboxItem | None:
    """Give one item of this person's own."""
    return InboxItem.objects.filter(id=item_id, user_id=user_id).first()

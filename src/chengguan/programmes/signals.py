"""What happens to items, told to the floors above in the same transaction."""

from django.dispatch import Signal

#: Sent with programme, items (those that may start now), principal, at.
items_opened = Signal()
#: Sent with programme, item, verb (ItemVerb), principal, at.
item_moved = Signal()
#: Sent with programme, principal, at.
programme_closed = Signal()

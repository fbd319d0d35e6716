"""What happens to an order's receipt, told to the rooms above in the same transaction."""

from django.dispatch import Signal

#: Sent with receipt, order, verb (ReceiptVerb), principal, at.
receipt_moved = Signal()

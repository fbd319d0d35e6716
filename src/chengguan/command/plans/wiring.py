"""What plans tell the house once at start."""

from __future__ import annotations

from chengguan.programmes.signals import item_moved, items_opened, programme_closed

from ..orders.signals import receipt_moved
from .receivers import follow_receipt, order_items, release_all, release_item


def connect() -> None:
    """Connect tasks with their orders."""
    items_opened.connect(order_items, dispatch_uid="plans.order_items")
    item_moved.connect(release_item, dispatch_uid="plans.release_item")
    programme_closed.connect(release_all, dispatch_uid="plans.release_all")
    receipt_moved.connect(follow_receipt, dispatch_uid="plans.follow_receipt")

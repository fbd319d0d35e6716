"""What may be done with programmes: start, work on items, add, change, close."""

from .items import act, add_item, amend_item, assign_item, leave_item
from .running import NewItem, NewProgramme, close, say, start

__all__ = [
    "NewItem",
    "NewProgramme",
    "act",
    "add_item",
    "amend_item",
    "assign_item",
    "close",
    "leave_item",
    "say",
    "start",
]

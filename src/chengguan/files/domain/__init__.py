"""What may be done with files: keep an original, put it in its place, upload in pieces."""

from __future__ import annotations

from .attach import NewAttachment, attach, attach_many, attachments_of
from .store import drop_unrecorded, keep, keep_many

__all__ = [
    "NewAttachment",
    "attach",
    "attach_many",
    "attachments_of",
    "drop_unrecorded",
    "keep",
    "keep_many",
]

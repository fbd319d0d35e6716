"""Copies made from a photo: a thumbnail and one for the screen; made at the first look.

They carry no EXIF, so that a copy shown or passed on doesn't give away place and device.
"""

from __future__ import annotations

from typing import IO, Final

from chengguan.store import rows

from ..models import Blob, Derived
from .kinds import IMAGES, JPEG
from .pictures import shrink
from .storage import derived_key, draft, original_key, storage, sync

SIDES: Final = {"thumb": 320, "view": 1600}


def open_copy(blob: Blob, kind: str) -> IO[bytes] | None:
    """Open a copy of a photo as JPEG, made now if need be; None of what is no photo.

    `kind` is `thumb` (320 pixels at most a side) or `view` (1600).
    """
    if blob.media_type not in IMAGES:
        return None
    key = derived_key(blob.sha256, kind)
    try:
        return storage().open(key)
    except FileNotFoundError:
        return _make(blob, kind, key)


def _make(blob: Blob, kind: str, key: str) -> IO[bytes]:
    with draft() as (path, file):
        with storage().open(original_key(blob.sha256)) as original:
            shrink(original, file, SIDES[kind])
        sync(file)
        size = file.tell()
        storage().put(path, key)
    row = {"original_id": blob.sha256, "kind": kind, "size": size, "media_type": JPEG}
    rows.insert(Derived, [row], ignore_conflicts=True)
    return storage().open(key)

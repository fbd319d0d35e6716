"""Keep an original: its bytes under their SHA-256, durable before anybody is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from chengguan.store import rows

from ..errors import FileRefused, TooLarge
from ..models import Blob
from .attach import NewAttachment, attach, attach_many, attachments_of
from .kinds import IMAGES, media_type_of
from .pictures import Picture, look_at
from .storage import draft, original_key, storage, sync

__all__ = ["NewAttachment", "attach", "attach_many", "attachments_of", "keep", "keep_path"]

_PIECE: Final = 256 * 1024
Content = bytes | IO[bytes] | Iterable[bytes]


def keep(content: Content, *, name: str = "", max_bytes: int | None = None) -> Blob:
    """Keep an original and give its row; content known already gives the row there is.

    `name` is what the sender calls it; the type comes from the content alone. The file is on
    the disk when this returns; its row belongs to the caller's transaction.

    Raises:
        TooLarge: more than `max_bytes` (by default settings.CHENGGUAN_MAX_FILE_BYTES), noticed
            while reading, so that no more than that is ever written.
        FileRefused: not of an accepted kind, damaged, a bomb, or two things in one.
    """
    limit = settings.CHENGGUAN_MAX_FILE_BYTES if max_bytes is None else max_bytes
    with draft() as (path, file):
        size = 0
        whole = hashlib.sha256()
        for piece in _pieces(content):
            size += len(piece)
            if size > limit:
                raise TooLarge(limit)
            whole.update(piece)
            file.write(piece)
        file.flush()
        return _settle(path, file, whole.hexdigest(), size)


def keep_path(path: Path, *, expected: str = "") -> Blob:
    """Keep the file at `path`, which is below settings.MEDIA_ROOT and is moved away by this.

    Raises:
        FileRefused: as `keep`, and where its SHA-256 isn't the one `expected`, if any.
    """
    whole = hashlib.sha256()
    with path.open("r+b") as file:
        size = 0
        while piece := file.read(_PIECE):
            whole.update(piece)
            size += len(piece)
        if expected and whole.hexdigest() != expected:
            raise FileRefused(
                "digest", "文件在传输中受损，SHA-256 校验值不符。", "请重新上传该文件。"
            )
        return _settle(path, file, whole.hexdigest(), size)


def _settle(path: Path, file: IO[bytes], sha256: str, size: int) -> Blob:
    known = Blob.objects.filter(sha256=sha256).first()
    if known is not None and storage().size(original_key(sha256)) == size:
        return known
    media_type = media_type_of(path)
    seen = look_at(path) if media_type in IMAGES else None
    sync(file)
    storage().put(path, original_key(sha256))
    return known or _write_row(sha256, size, media_type, seen)


def _write_row(sha256: str, size: int, media_type: str, seen: Picture | None) -> Blob:
    row = {
        "sha256": sha256,
        "size": size,
        "media_type": media_type,
        "width": seen.width if seen else None,
        "height": seen.height if seen else None,
        "taken_at": seen.taken_at if seen else None,
        "taken_point": seen.taken_point if seen else None,
        "device": seen.device if seen else "",
    }
    rows.insert(Blob, [row], ignore_conflicts=True)
    return Blob(**row)


def _pieces(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif hasattr(content, "read"):
        while piece := content.read(_PIECE):
            yield piece
    else:
        yield from content

"""Keep an original: its bytes under their SHA-256, durable before anybody is told."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings

from chengguan.store import rows

from ..errors import FileRefused, TooLarge
from ..models import Blob
from .attach import NewAttachment, attach, attach_many, attachments_of
from .kinds import IMAGES, media_type_of
from .pictures import Picture, look_at
from .storage import discard, draft, original_key, storage, sync

__all__ = [
    "NewAttachment",
    "attach",
    "attach_many",
    "attachments_of",
    "drop_unrecorded",
    "keep",
    "keep_many",
    "keep_path",
]

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


def keep_many(contents: Mapping[str, bytes]) -> None:
    """Keep many originals, given by their SHA-256, that this program has made itself.

    As `keep`, but the disk is waited for once, and one statement writes the rows. All of them are
    on the disk when this returns; the rows belong to the caller's transaction.

    Raises:
        FileRefused: one isn't what it is said to be, or not of an accepted kind; none is kept.
    """
    known = dict(Blob.objects.filter(sha256__in=contents).values_list("sha256", "size"))
    made: list[dict[str, Any]] = []
    put: list[str] = []
    try:
        for sha256, content in contents.items():
            key = original_key(sha256)
            if sha256 in known and storage().size(key) == known[sha256]:
                continue
            row = _draft_and_put(sha256, content, key)
            put.append(key)
            if sha256 not in known:
                made.append(row)
    except BaseException:
        for key in put:
            discard(key)
        raise
    if put and sys.platform == "linux":
        # It waits there for all that was written, directories too; a file at a time waits three times.
        os.sync()
    if made:
        rows.insert(Blob, made, ignore_conflicts=True)


def _draft_and_put(sha256: str, content: bytes, key: str) -> dict[str, Any]:
    with draft() as (path, file):
        file.write(content)
        file.flush()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileRefused("digest", "文件与其 SHA-256 不符。", "请报告开发者。")
        media_type = media_type_of(path)
        seen = look_at(path) if media_type in IMAGES else None
        if sys.platform != "linux":
            sync(file)
        storage().put(path, key, durably=sys.platform != "linux")
    return _row(sha256, len(content), media_type, seen)


def drop_unrecorded(digests: Iterable[str]) -> int:
    """Delete originals whose rows were rolled back; gives how many. Those with a row stay."""
    wanted = set(digests)
    wanted -= set(Blob.objects.filter(sha256__in=wanted).values_list("sha256", flat=True))
    return sum(discard(original_key(sha256)) for sha256 in wanted)


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
    row = _row(sha256, size, media_type, seen)
    rows.insert(Blob, [row], ignore_conflicts=True)
    return Blob(**row)


def _row(sha256: str, size: int, media_type: str, seen: Picture | None) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "size": size,
        "media_type": media_type,
        "width": seen.width if seen else None,
        "height": seen.height if seen else None,
        "taken_at": seen.taken_at if seen else None,
        "taken_point": seen.taken_point if seen else None,
        "device": seen.device if seen else "",
    }


def _pieces(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif hasattr(content, "read"):
        while piece := content.read(_PIECE):
            yield piece
    else:
        yield from content

"""Uploads in pieces: begun, appended at an offset, finished; a broken line goes on where it was.

What the row says was received is on the disk; what the disk has beyond that was never
acknowledged and is cut off by the next piece.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count, Min, Sum
from django.utils import timezone

from chengguan.core.errors import Conflict, Invalid

from ..errors import FileRefused, OffsetMismatch, TooLarge, TooManyUploads, UploadNotFound
from ..models import Upload
from .storage import room, sweep_drafts, sync
from .store import keep_path

LIVES: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A finished upload, ready to be attached."""

    sha256: str
    name: str


def create(*, name: str, size: int, user_id: int | None) -> Upload:
    """Begin an upload of `size` bytes; it lives 24 hours.

    Raises:
        TooLarge, Invalid: more than allowed, or nothing.
        TooManyUploads: this person has too many uploads, or too many bytes, under way.
    """
    if size <= 0:
        raise Invalid("files.size", "文件大小必须大于 0。", field="size", mend="请重新选择文件。")
    if size > settings.CHENGGUAN_MAX_FILE_BYTES:
        raise TooLarge(settings.CHENGGUAN_MAX_FILE_BYTES)
    with transaction.atomic():
        _check_quota(user_id, size)
        return Upload.objects.create(
            name=name[-200:] or "未命名",
            size=size,
            user_id=user_id,
            expires_at=timezone.now() + LIVES,
        )


def _check_quota(user_id: int | None, size: int) -> None:
    with connection.cursor() as cursor:
        # Begun at once by one person they are counted one after another; others don't wait.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('files.uploads', %s))", [user_id or 0]
        )
    now = timezone.now()
    held = Upload.objects.filter(user_id=user_id, blob__isnull=True, expires_at__gt=now).aggregate(
        count=Count("id"), size=Sum("size", default=0), until=Min("expires_at")
    )
    most = settings.CHENGGUAN_OPEN_UPLOADS
    bytes_ = max(settings.CHENGGUAN_OPEN_UPLOAD_BYTES, settings.CHENGGUAN_MAX_FILE_BYTES)
    if held["count"] >= most:
        code, said = "open_uploads", f"您有 {held['count']} 个上传尚未完成，最多同时 {most} 个。"
    elif held["size"] + size > bytes_:
        megabytes = bytes_ // (1024 * 1024)
        code, said = "open_bytes", f"您尚未完成的上传合计超过 {megabytes} MB 的上限。"
    else:
        return
    until = timezone.localtime(held["until"])
    mend = f"请先完成已开始的上传；不再需要的会自行过期，最早的在 {until:%m-%d %H:%M}。"
    raise TooManyUploads(f"files.{code}", said, mend=mend, open=held["count"])


def upload(upload_id: UUID, *, user_id: int | None) -> Upload:
    """Give one's own upload as it stands.

    Raises:
        UploadNotFound: unknown, expired or another's.
    """
    return _own(Upload.objects.filter(id=upload_id), user_id)


def append(upload_id: UUID, offset: int, piece: bytes, *, user_id: int | None) -> Upload:
    """Add `piece` at `offset`, which must be what has been received; durable when this returns.

    Raises:
        UploadNotFound, OffsetMismatch, Conflict: unknown, another offset, or finished already.
        TooLarge: the piece goes beyond the size that was said.
        StorageFull: the disk has no room; the same piece may be sent again later.
    """
    with transaction.atomic():
        row = _own(Upload.objects.select_for_update().filter(id=upload_id), user_id)
        if row.blob_id is not None:
            raise Conflict("files.finished", "这个上传已经完成。", mend="如需重传，请新建上传。")
        if offset != row.received:
            raise OffsetMismatch(row.received)
        if offset + len(piece) > row.size:
            raise TooLarge(row.size)
        with room():
            _write(_part(upload_id), offset, piece)
        row.received = offset + len(piece)
        row.save(update_fields=["received"])
    return row


def finish(upload_id: UUID, *, user_id: int | None, sha256: str = "") -> Upload:
    """Make an original of a whole upload; again, the same answer.

    Raises:
        OffsetMismatch: bytes are missing; it may go on.
        FileRefused: the content isn't accepted, or isn't what `sha256` says; it must start anew.
        StorageFull: the disk has no room; it may be finished later.
    """
    with transaction.atomic():
        row = _own(Upload.objects.select_for_update().filter(id=upload_id), user_id)
        if row.blob_id is None:
            if row.received != row.size:
                raise OffsetMismatch(row.received)
            # A crash after the move and before the commit loses the part: keep it until then.
            with room():
                copy = _twin(_part(upload_id))
                try:
                    blob = keep_path(copy, expected=sha256.lower())
                finally:
                    copy.unlink(missing_ok=True)
            row.blob = blob
            row.save(update_fields=["blob"])
            transaction.on_commit(lambda: _part(upload_id).unlink(missing_ok=True))
        elif sha256 and row.blob_id != sha256.lower():
            raise FileRefused("digest", "校验值与已收到的文件不符。", "请重新上传。")
    return row


def finished(upload_ids: Iterable[UUID], *, user_id: int | None) -> dict[UUID, Uploaded]:
    """Give what one's own finished uploads hold, to be attached: one statement.

    Raises:
        UploadNotFound: one of them is unknown, unfinished, expired or another's.
    """
    wanted = set(upload_ids)
    if not wanted:
        return {}
    rows = Upload.objects.filter(
        id__in=wanted, user_id=user_id, blob__isnull=False, expires_at__gt=timezone.now()
    )
    found = {row.id: Uploaded(str(row.blob_id), row.name) for row in rows}
    if len(found) != len(wanted):
        raise UploadNotFound
    return found


def sweep() -> int:
    """Delete uploads past their time with their parts, and forgotten drafts; give how many."""
    expired = list(
        Upload.objects.filter(expires_at__lte=timezone.now()).values_list("id", flat=True)
    )
    Upload.objects.filter(id__in=expired).delete()
    for upload_id in expired:
        _part(upload_id).unlink(missing_ok=True)
    return len(expired) + sweep_drafts()


def _own(rows: models.QuerySet[Upload], user_id: int | None) -> Upload:
    row = rows.filter(user_id=user_id, expires_at__gt=timezone.now()).first()
    if row is None:
        raise UploadNotFound
    return row


def _part(upload_id: UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / "uploads" / str(upload_id)


def _twin(part: Path) -> Path:
    """A second name for the same bytes, which may be moved away."""
    twin = part.with_name(f"{part.name}.twin")
    twin.unlink(missing_ok=True)
    os.link(part, twin)
    return twin


def _write(part: Path, offset: int, piece: bytes) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(part, os.O_RDWR | os.O_CREAT, 0o640)
    with os.fdopen(handle, "r+b") as file:
        if file.seek(0, os.SEEK_END) < offset:
            # The disk was restored from before: honest failure beats a hole of zeros.
            raise UploadNotFound
        file.truncate(offset)
        file.seek(offset)
        file.write(piece)
        sync(file)

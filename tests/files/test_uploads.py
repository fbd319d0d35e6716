"""An upload survives a broken line and a killed server, and is whole or refused."""

import hashlib
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from chengguan.core.errors import Conflict, Invalid
from chengguan.files.domain import uploads
from chengguan.files.errors import FileRefused, OffsetMismatch, TooLarge, UploadNotFound
from chengguan.files.models import Blob, Upload

from .samples import photo

pytestmark = pytest.mark.django_db

CONTENT = photo(size=(200, 200))
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def _begin(user_id: int | None = 1) -> uuid.UUID:
    return uploads.create(name="现场.jpg", size=len(CONTENT), user_id=user_id).id


def test_pieces_become_the_original(
    media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = _begin()
    assert uploads.append(upload, 0, CONTENT[:100], user_id=1).received == 100
    assert uploads.upload(upload, user_id=1).received == 100
    uploads.append(upload, 100, CONTENT[100:], user_id=1)
    with django_capture_on_commit_callbacks(execute=True):
        row = uploads.finish(upload, user_id=1, sha256=DIGEST.upper())
    assert row.blob_id == DIGEST
    assert (media / DIGEST[:2] / DIGEST[2:4] / DIGEST).read_bytes() == CONTENT
    assert list((media / "uploads").iterdir()) == []
    assert uploads.finished([upload], user_id=1) == {upload: uploads.Uploaded(DIGEST, "现场.jpg")}


def test_finish_again_gives_the_same_answer_and_nothing_may_be_added(media: Path) -> None:
    upload = _begin()
    uploads.append(upload, 0, CONTENT, user_id=1)
    assert uploads.finish(upload, user_id=1).blob_id == DIGEST
    assert uploads.finish(upload, user_id=1, sha256=DIGEST).blob_id == DIGEST
    with pytest.raises(FileRefused):
        uploads.finish(upload, user_id=1, sha256="0" * 64)
    with pytest.raises(Conflict):
        uploads.append(upload, len(CONTENT), b"x", user_id=1)
    assert Blob.objects.count() == 1


def test_another_offset_is_told_where_to_go_on(media: Path) -> None:
    upload = _begin()
    uploads.append(upload, 0, CONTENT[:100], user_id=1)
    for offset in (0, 99, 101):
        with pytest.raises(OffsetMismatch) as refused:
            uploads.append(upload, offset, b"abc", user_id=1)
        assert refused.value.params == {"received": 100}
        assert "100" in str(refused.value.mend)
    with pytest.raises(OffsetMismatch):
        uploads.finish(upload, user_id=1)


def test_bytes_never_acknowledged_are_cut_off(media: Path) -> None:
    upload = _begin()
    uploads.append(upload, 0, CONTENT[:100], user_id=1)
    # A server killed between writing and committing leaves more on the disk than it told.
    with (media / "uploads" / str(upload)).open("ab") as part:
        part.write(b"half a piece")
    uploads.append(upload, 100, CONTENT[100:], user_id=1)
    assert uploads.finish(upload, user_id=1, sha256=DIGEST).blob_id == DIGEST


def test_a_lost_part_is_said_and_not_filled_with_zeros(media: Path) -> None:
    upload = _begin()
    uploads.append(upload, 0, CONTENT[:100], user_id=1)
    (media / "uploads" / str(upload)).unlink()
    with pytest.raises(UploadNotFound):
        uploads.append(upload, 100, CONTENT[100:], user_id=1)


def test_a_wrong_digest_or_kind_is_refused_and_kept_nowhere(media: Path) -> None:
    upload = _begin()
    uploads.append(upload, 0, CONTENT, user_id=1)
    with pytest.raises(FileRefused) as refused:
        uploads.finish(upload, user_id=1, sha256="0" * 64)
    assert refused.value.code == "files.digest"
    program = uploads.create(name="照片.jpg", size=4, user_id=1).id
    uploads.append(program, 0, b"MZ\x90\0", user_id=1)
    with pytest.raises(FileRefused) as refused:
        uploads.finish(program, user_id=1)
    assert refused.value.code == "files.kind"
    assert not Blob.objects.exists()
    assert uploads.finish(upload, user_id=1, sha256=DIGEST).blob_id == DIGEST


def test_the_stranger_finds_no_upload(media: Path) -> None:
    upload = _begin(user_id=1)
    for stranger in (2, None):
        with pytest.raises(UploadNotFound):
            uploads.append(upload, 0, b"x", user_id=stranger)
        with pytest.raises(UploadNotFound):
            uploads.upload(upload, user_id=stranger)
        with pytest.raises(UploadNotFound):
            uploads.finish(upload, user_id=stranger)
        with pytest.raises(UploadNotFound):
            uploads.finished([upload], user_id=stranger)
    nobodys = _begin(user_id=None)
    assert uploads.append(nobodys, 0, b"x", user_id=None).received == 1


def test_unfinished_is_not_to_be_attached(
    media: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    done, open_ = _begin(), _begin()
    uploads.append(done, 0, CONTENT, user_id=1)
    uploads.finish(done, user_id=1)
    with django_assert_num_queries(1):
        assert list(uploads.finished([done], user_id=1)) == [done]
    with pytest.raises(UploadNotFound):
        uploads.finished([done, open_], user_id=1)
    assert uploads.finished([], user_id=1) == {}


def test_sizes_are_checked_before_and_during(media: Path, settings: Settings) -> None:
    settings.CHENGGUAN_MAX_FILE_BYTES = 1000
    with pytest.raises(TooLarge):
        uploads.create(name="x", size=1001, user_id=1)
    with pytest.raises(Invalid):
        uploads.create(name="x", size=0, user_id=1)
    upload = uploads.create(name="x", size=10, user_id=1).id
    with pytest.raises(TooLarge):
        uploads.append(upload, 0, b"12345678901", user_id=1)
    assert not (media / "uploads").exists()


def test_expired_uploads_are_swept_with_their_parts(media: Path) -> None:
    old = _begin()
    uploads.append(old, 0, CONTENT[:10], user_id=1)
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        with pytest.raises(UploadNotFound):
            uploads.append(old, 10, b"x", user_id=1)
        fresh = _begin()
        uploads.append(fresh, 0, CONTENT[:10], user_id=1)
        assert uploads.sweep() == 1
        assert [p.name for p in (media / "uploads").iterdir()] == [str(fresh)]
        assert [u.id for u in Upload.objects.all()] == [fresh]
    assert connection.in_atomic_block

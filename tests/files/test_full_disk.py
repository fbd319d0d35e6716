"""The disk of the originals is full: said in words, nothing half kept, and the same goes on later."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chengguan.files.domain import uploads
from chengguan.files.domain.storage import room
from chengguan.files.domain.store import keep
from chengguan.files.errors import StorageFull
from chengguan.files.models import Blob

from .samples import photo

FULL = Path("/dev/full")
CONTENT = photo(size=(200, 200))


def test_a_disk_that_is_really_full_is_said_so() -> None:
    with pytest.raises(StorageFull) as caught, room(), FULL.open("wb", buffering=0) as file:
        file.write(b"x")
    assert (caught.value.status, caught.value.code) == (507, "files.storage_full")


def test_other_faults_of_a_disk_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), room():
        (tmp_path / "no" / "where").write_bytes(b"x")


@pytest.mark.django_db
def test_a_piece_that_finds_no_room_is_sent_again_later(media: Path) -> None:
    upload = uploads.create(name="现场.jpg", size=len(CONTENT), user_id=1).id
    with _at_most(1_000), pytest.raises(StorageFull):
        uploads.append(upload, 0, CONTENT, user_id=1)
    assert uploads.upload(upload, user_id=1).received == 0
    uploads.append(upload, 0, CONTENT, user_id=1)
    assert uploads.finish(upload, user_id=1).blob_id is not None


@pytest.mark.django_db
def test_an_original_that_finds_no_room_leaves_nothing(media: Path) -> None:
    with _at_most(1_000), pytest.raises(StorageFull):
        keep(CONTENT)
    assert (list((media / "tmp").iterdir()), Blob.objects.count()) == ([], 0)
    assert keep(CONTENT).size == len(CONTENT)


@contextmanager
def _at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

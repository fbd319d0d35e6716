"""Nobody can begin uploads without end: those unfinished are counted, per person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from chengguan.files.domain import uploads
from chengguan.files.errors import TooManyUploads
from chengguan.files.models import Upload

from .samples import photo

pytestmark = pytest.mark.django_db

CONTENT = photo()


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.CHENGGUAN_MAX_FILE_BYTES = 10_000
    settings.CHENGGUAN_OPEN_UPLOADS = 3
    settings.CHENGGUAN_OPEN_UPLOAD_BYTES = 25_000


def _begin(size: int = 10, user_id: int | None = 1) -> Upload:
    return uploads.create(name="现场.jpg", size=size, user_id=user_id)


def test_no_more_are_begun_than_may_be_open() -> None:
    for _ in range(3):
        _begin()
    with pytest.raises(TooManyUploads) as refused:
        _begin()
    assert (refused.value.code, refused.value.status) == ("files.open_uploads", 429)
    assert refused.value.message == "您有 3 个上传尚未完成，最多同时 3 个。"
    assert "请先完成" in str(refused.value.mend)
    assert refused.value.params["open"] == 3
    _begin(user_id=2)
    _begin(user_id=None)
    assert Upload.objects.filter(user_id=1).count() == 3


def test_no_more_bytes_are_promised_than_may_be_open() -> None:
    _begin(10_000)
    _begin(10_000)
    with pytest.raises(TooManyUploads) as refused:
        _begin(5_001)
    assert refused.value.code == "files.open_bytes"
    assert _begin(5_000).size == 5_000


def test_the_largest_file_always_fits(settings: Settings) -> None:
    settings.CHENGGUAN_OPEN_UPLOAD_BYTES = 1
    assert _begin(10_000).size == 10_000
    with pytest.raises(TooManyUploads):
        _begin(1)


def test_what_is_finished_or_expired_is_not_counted(media: Path) -> None:
    done = _begin(len(CONTENT)).id
    _begin()
    _begin()
    uploads.append(done, 0, CONTENT, user_id=1)
    with pytest.raises(TooManyUploads):
        _begin()
    uploads.finish(done, user_id=1)
    _begin()
    with pytest.raises(TooManyUploads):
        _begin()
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        _begin()


@pytest.mark.django_db(transaction=True)
def test_begun_at_once_they_are_still_counted() -> None:
    together, refused = Barrier(8), []

    def begin() -> None:
        together.wait()
        try:
            _begin()
        except TooManyUploads as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=begin) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (Upload.objects.count(), len(refused)) == (3, 5)

"""An original is kept whole, once, under its digest; what isn't evidence is refused."""

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from chengguan.files.domain import (
    NewAttachment,
    attach,
    attach_many,
    attachments_of,
    drop_unrecorded,
    keep,
    keep_many,
)
from chengguan.files.domain.kinds import DOCX, XLSX
from chengguan.files.domain.verify import Verified, verify
from chengguan.files.errors import FileRefused, TooLarge
from chengguan.files.models import Attachment, Blob
from chengguan.store.pipeline import pipelined

from .samples import archive, bomb_png, box, film, mp3, office, pdf, photo, wav

pytestmark = pytest.mark.django_db


def _files(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_original_lies_under_its_digest_unaltered(media: Path) -> None:
    content = photo(exif=True)
    digest = hashlib.sha256(content).hexdigest()
    blob = keep(content, name="现场.jpg")
    assert blob.sha256 == digest
    assert _files(media) == [f"{digest[:2]}/{digest[2:4]}/{digest}"]
    assert (media / digest[:2] / digest[2:4] / digest).read_bytes() == content
    stored = Blob.objects.get()
    assert (stored.size, stored.media_type, stored.width, stored.height) == (
        len(content),
        "image/jpeg",
        64,
        48,
    )


def test_the_same_content_is_kept_once(media: Path) -> None:
    content = photo()
    assert keep(content, name="a.jpg").sha256 == keep(io.BytesIO(content), name="b.png").sha256
    assert Blob.objects.count() == len(_files(media)) == 1


def test_a_lost_file_is_put_back_by_keeping_it_again(media: Path) -> None:
    blob = keep(photo())
    place = media / blob.sha256[:2] / blob.sha256[2:4] / blob.sha256
    place.unlink()
    assert keep(photo()) == blob
    assert place.read_bytes() == photo()


def _by_digest(*contents: bytes) -> dict[str, bytes]:
    return {hashlib.sha256(one).hexdigest(): one for one in contents}


def test_many_are_kept_like_one_and_once(media: Path) -> None:
    first = keep(photo())
    given = _by_digest(photo(), photo(exif=True), pdf())
    (media / first.sha256[:2] / first.sha256[2:4] / first.sha256).unlink()
    for _ in range(2):
        keep_many(given)
        assert Blob.objects.count() == len(_files(media)) == 3
        assert verify() == Verified(3, [])
    stored = Blob.objects.get(sha256=hashlib.sha256(photo(exif=True)).hexdigest())
    assert (stored.media_type, stored.width, stored.height) == ("image/jpeg", 64, 48)


def test_of_many_none_is_kept_when_one_is_bad(media: Path) -> None:
    good = _by_digest(photo(), pdf())
    for bad in ({"0" * 64: photo(exif=True)}, _by_digest(b"#!/bin/sh\nexit 0\n")):
        with pytest.raises(FileRefused):
            keep_many({**good, **bad})
        assert (_files(media), Blob.objects.count()) == ([], 0)


def test_only_what_has_no_row_is_dropped(media: Path) -> None:
    kept = keep(photo())
    stray = hashlib.sha256(pdf()).hexdigest()
    place = media / stray[:2] / stray[2:4] / stray
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(pdf())
    assert drop_unrecorded([kept.sha256, stray, "f" * 64]) == 1
    assert verify() == Verified(1, [])


def test_an_attachment_is_of_the_time_of_its_step(media: Path) -> None:
    at = datetime(2026, 3, 3, 4, tzinfo=UTC)
    digest = keep(photo()).sha256
    attach_many([NewAttachment(digest, "case", 1, "现场.jpg", at=at)])
    assert Attachment.objects.get().created_at == at


def test_exif_gives_time_place_and_device(media: Path) -> None:
    keep(photo(exif=True, size=(64, 48), orientation=6))
    stored = Blob.objects.get()
    # 14:05:06 in the city's own time (UTC+8); the picture is turned, so are its sides.
    assert stored.taken_at == datetime(2026, 11, 23, 6, 5, 6, tzinfo=UTC)
    assert stored.taken_point == (121.9055667, 30.8861917)
    assert (stored.device, stored.width, stored.height) == ("HUAWEI ALN-AL00", 48, 64)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (photo(), "image/jpeg"),
        (photo("PNG"), "image/png"),
        (photo("WEBP"), "image/webp"),
        (film(), "video/mp4"),
        (film(b"qt  "), "video/quicktime"),
        (film(b"3gp5"), "video/3gpp"),
        (film(b"M4A "), "audio/mp4"),
        (mp3(), "audio/mpeg"),
        (b"#!AMR\n" + b"\x3c" * 64, "audio/amr"),
        (wav(), "audio/wav"),
        (pdf(), "application/pdf"),
        (office(), DOCX),
        (office("xl/workbook.xml"), XLSX),
        # A phone's live photo: a film behind the picture.
        (photo() + film(), "image/jpeg"),
    ],
)
def test_kinds_are_known_by_content(media: Path, content: bytes, expected: str) -> None:
    assert keep(content, name="无后缀").media_type == expected


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"MZ\x90\0" + b"\0" * 200, "files.kind", "可执行程序"),
        (b"\x7fELF" + b"\0" * 200, "files.kind", "可执行程序"),
        (b"GIF89a" + b"\0" * 40, "files.kind", "GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "files.kind", "SVG"),
        (b"<!DOCTYPE html><script>1</script>", "files.kind", "网页"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg />", "files.kind", "SVG"),
        (archive(), "files.kind", "压缩包"),
        (office("word/document.xml", "word/vbaProject.bin"), "files.macro", "宏"),
        (b"", "files.empty", "空"),
        (b"hello", "files.kind", "无法识别"),
        (photo() + archive(), "files.polyglot", "夹带"),
        (photo() + b"MZ" + b"\0" * 100, "files.polyglot", "夹带"),
        (photo("PNG") + b"<script>alert(1)</script>", "files.polyglot", "夹带"),
        (photo() + pdf(), "files.polyglot", "夹带"),
        (pdf() + archive(), "files.polyglot", "夹带"),
        (photo()[:-200], "files.truncated", "不完整"),
        (photo("PNG")[:-30], "files.truncated", "不完整"),
        (photo("WEBP")[:-10], "files.truncated", "不完整"),
        (film()[:-1], "files.truncated", "不完整"),
        (box(b"ftyp", b"isom") + box(b"mdat", b"x"), "files.truncated", "不完整"),
        (box(b"ftyp", b"heic\0\0\0\0mif1"), "files.heic", "HEIC"),
        (b"%PDF-1.7 cut", "files.truncated", "不完整"),
        (bomb_png(30_000, 30_000), "files.pixels", "像素"),
        (bomb_png(7_000, 7_000), "files.pixels", "像素"),
        (bomb_png(100, 100), "files.damaged", "损坏"),
    ],
)
def test_what_is_no_evidence_is_refused(media: Path, content: bytes, code: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        keep(content, name="照片.jpg")
    assert refused.value.code == code
    assert said in refused.value.message
    assert refused.value.mend
    assert _files(media) == []
    assert not Blob.objects.exists()


def test_the_size_limit_stops_reading(media: Path, settings: Settings) -> None:
    settings.CHENGGUAN_MAX_FILE_BYTES = 1000
    read = []

    def pieces() -> Iterator[bytes]:
        for number in range(100):
            read.append(number)
            yield b"\xff" * 400

    with pytest.raises(TooLarge) as refused:
        keep(pieces())
    assert read == [0, 1, 2]
    assert (refused.value.status, _files(media)) == (413, [])
    assert keep(photo(size=(8, 8)), max_bytes=5000).size <= 5000


def test_a_picture_with_a_wrong_bit_inside_is_damaged(media: Path) -> None:
    whole = bytearray(_noise("PNG", 64))
    assert keep(bytes(whole)).width == 64
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(FileRefused) as refused:
        keep(bytes(whole))
    assert refused.value.code == "files.damaged"


def test_a_large_photo_cut_short_is_refused(media: Path) -> None:
    whole = _noise("JPEG", 400)
    assert keep(whole).width == 400
    with pytest.raises(FileRefused) as refused:
        keep(whole[: len(whole) // 2])
    assert refused.value.code == "files.truncated"


def test_attachments_cost_one_statement_for_one_and_for_fifty(
    media: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    blob = keep(photo())
    first = attach(blob, "case", 1, name="前.jpg", event_id=7, role="report", user_id=3)
    new = [NewAttachment(blob.sha256, "case", n, "x.jpg", role="check") for n in range(2, 52)]
    with django_assert_num_queries(1):
        numbers = attach_many(new)
    with pipelined():
        attach(blob, "case", 1, name="后.jpg", role="handle_after")
    for asked in ([1], list(range(1, 52))):
        with django_assert_num_queries(1):
            found = attachments_of("case", asked)
            assert {a.blob.media_type for rows in found.values() for a in rows} == {"image/jpeg"}
    assert [a.name for a in found[1]] == ["前.jpg", "后.jpg"]
    assert [a.id for a in found[2]] == numbers[:1]
    kept = Attachment.objects.get(id=first)
    assert (kept.event_id, kept.role, kept.uploaded_by) == (7, "report", 3)
    assert attachments_of("report", [1]) == {1: []}


def _noise(kind: str, side: int) -> bytes:
    target = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(side * side * 3)).save(target, kind)
    return target.getvalue()


def test_verify_names_the_missing_the_altered_and_the_stray(media: Path) -> None:
    sound, lost, changed = (keep(photo(colour=c)).sha256 for c in ("red", "green", "blue"))
    assert verify() == Verified(3, [])
    (media / lost[:2] / lost[2:4] / lost).unlink()
    place = media / changed[:2] / changed[2:4] / changed
    place.write_bytes(place.read_bytes()[:-1] + b"\0")
    stray = "ab" * 32
    (media / "ab" / "ab").mkdir(parents=True, exist_ok=True)
    (media / "ab" / "ab" / stray).write_bytes(b"x")
    found = verify()
    assert sorted((f.sha256, f.kind) for f in found.faults) == sorted(
        [(lost, "missing"), (changed, "altered"), (stray, "stray")]
    )
    assert (found.checked, found.sound) == (3, False)
    # Sizes alone don't see a changed byte: that is what contents are read for.
    assert {f.sha256 for f in verify(contents=False).faults} == {lost, stray}
    assert (media / sound[:2] / sound[2:4] / sound).exists()

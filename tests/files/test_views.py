"""Evidence over HTTP: for those who may see its subject; to all others it isn't there."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import User
from chengguan.files import ports
from chengguan.files.domain import attach, keep
from chengguan.files.models import Derived
from chengguan.store import revisions

from .samples import film, pdf, photo

pytestmark = pytest.mark.django_db
PHOTO = photo(size=(2400, 1200), exif=True)


@pytest.fixture
def alice(make_user: Callable[[str], User]) -> User:
    return make_user("alice")


@pytest.fixture(autouse=True)
def only_alice_sees() -> Iterator[None]:
    def can_see(principal: Principal, subject_id: int) -> bool:
        return principal.username == "alice" and subject_id == 7

    ports.register_subject("test.thing", can_see)
    yield
    ports._subjects.pop("test.thing")


def _put(content: bytes, name: str, subject_type: str = "test.thing", subject_id: int = 7) -> str:
    return f"/files/{attach(keep(content), subject_type, subject_id, name=name)}/"


def _body(response: HttpResponseBase) -> bytes:
    """Read it to its end: a streamed answer is closed by that alone."""
    if isinstance(response, StreamingHttpResponse):
        return b"".join(response.streaming_content)  # type: ignore[arg-type]
    assert isinstance(response, HttpResponse)
    return response.content


def _get(client: Client, path: str, **headers: str) -> tuple[HttpResponseBase, bytes]:
    response = client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return response, _body(response)


def test_original_as_it_came(media: Path, client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.get(_put(PHOTO, "现场 照片.jpg"))
    assert response.status_code == 200
    assert _body(response) == PHOTO
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == str(len(PHOTO))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Content-Disposition"] == (
        "inline; filename*=utf-8''%E7%8E%B0%E5%9C%BA%20%E7%85%A7%E7%89%87.jpg"
    )


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (pdf(), "a.pdf", 'attachment; filename="a.pdf"'),
        (film(), "evil.html", 'attachment; filename="evil.html.mp4"'),
        (PHOTO, "..\\..\\x.JPEG", 'inline; filename="x.JPEG"'),
        (PHOTO, 'a"\r\nX: 1.png', "inline; filename*=utf-8''a%22%0D%0AX%3A%201.png.jpg"),
    ],
)
def test_name_and_disposition_follow_the_content(
    media: Path, client: Client, alice: User, content: bytes, name: str, expected: str
) -> None:
    client.force_login(alice)
    response, _ = _get(client, _put(content, name))
    assert response["Content-Disposition"] == expected


def test_the_stranger_gets_404_and_nobody_signs_in(
    media: Path, client: Client, alice: User, make_user: Callable[[str], User]
) -> None:
    address = _put(PHOTO, "a.jpg")
    assert client.get(address).status_code == 302
    client.force_login(make_user("charlie"))
    for path in (address, address + "thumb/", address + "view/", "/files/1/"):
        assert client.get(path, headers={"If-None-Match": "*"}).status_code == 404
    client.force_login(alice)
    assert client.get(_put(PHOTO, "b.jpg", subject_id=8)).status_code == 404
    assert client.get(_put(PHOTO, "b.jpg", subject_type="unknown")).status_code == 404
    assert client.post(address).status_code == 405
    assert not Derived.objects.exists()


def test_unchanged_is_304(media: Path, client: Client, alice: User) -> None:
    client.force_login(alice)
    address = _put(PHOTO, "a.jpg")
    for path in (address, address + "thumb/"):
        first, _ = _get(client, path)
        etag = first["ETag"]
        again, body = _get(client, path, If_None_Match=f'"x", W/{etag}')
        assert (again.status_code, again["ETag"], body) == (304, etag, b"")
        changed, _ = _get(client, path, If_None_Match='"x"')
        assert changed.status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "first", "stop"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=10-", 206, 10, None),
        ("bytes=-5", 206, -5, None),
        ("bytes=5-99999999", 206, 5, None),
        ("bytes=0-1,4-5", 200, 0, None),
        ("lines=0-1", 200, 0, None),
        ("bytes=-", 200, 0, None),
    ],
)
def test_ranges(
    media: Path,
    client: Client,
    alice: User,
    asked: str,
    status: int,
    first: int,
    stop: int | None,
) -> None:
    client.force_login(alice)
    response = client.get(_put(PHOTO, "a.jpg"), headers={"Range": asked})
    expected = PHOTO[first:stop]
    assert (response.status_code, _body(response)) == (status, expected)
    assert response["Content-Length"] == str(len(expected))
    if status == 206:
        start = PHOTO.index(expected) if first else 0
        span = f"bytes {start}-{start + len(expected) - 1}/{len(PHOTO)}"
        assert response["Content-Range"] == span


def test_ranges_that_cannot_be_and_ranges_of_another_version(
    media: Path, client: Client, alice: User
) -> None:
    client.force_login(alice)
    address = _put(PHOTO, "a.jpg")
    for asked in (f"bytes={len(PHOTO)}-", "bytes=9-3", "bytes=-0"):
        response = client.get(address, headers={"Range": asked})
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(PHOTO)}")
    other = client.get(address, headers={"Range": "bytes=0-1", "If-Range": '"x"'})
    assert _body(other) == PHOTO
    head = client.head(address)
    assert (head.content, head["Content-Length"]) == (b"", str(len(PHOTO)))


@pytest.mark.parametrize(("kind", "size"), [("thumb", (320, 160)), ("view", (1600, 800))])
def test_copies_are_small_upright_and_tell_nothing(
    media: Path, client: Client, alice: User, kind: str, size: tuple[int, int]
) -> None:
    client.force_login(alice)
    address = _put(PHOTO, "a.png")
    first = _body(client.get(f"{address}{kind}/"))
    assert _body(client.get(f"{address}{kind}/")) == first
    with Image.open(io.BytesIO(first)) as image:
        assert (image.size, image.format, dict(image.getexif())) == (size, "JPEG", {})
    assert list(Derived.objects.values_list("kind", "size")) == [(kind, len(first))]
    assert _body(client.get(address)) == PHOTO


def test_a_turned_photo_stands_upright(media: Path, client: Client, alice: User) -> None:
    client.force_login(alice)
    turned = photo(size=(400, 200), exif=True, orientation=6)
    body = _body(client.get(_put(turned, "a.jpg") + "thumb/"))
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (160, 320)


def test_what_is_no_photo_has_no_copy_and_what_is_lost_is_404(
    media: Path, client: Client, alice: User
) -> None:
    client.force_login(alice)
    assert client.get(_put(pdf(), "a.pdf") + "thumb/").status_code == 404
    address = _put(PHOTO, "a.jpg")
    for path in media.rglob("*"):
        if path.is_file():
            path.unlink()
    assert client.get(address).status_code == 404
    assert client.get(address + "view/").status_code == 404


def test_statements_of_one_picture(
    media: Path, client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(alice)
    address = _put(PHOTO, "a.jpg") + "thumb/"
    _get(client, address)
    loading.forget()
    revisions.refresh()
    # Session, revisions, user with grants, attachment with its original.
    with django_assert_num_queries(4):
        _get(client, address)

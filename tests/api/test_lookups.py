"""Registry look-ups and uploads over the API, and who may call at all."""

from __future__ import annotations

import hashlib
import io

import pytest
from cases.town import Town
from django.test import Client
from factories import PASSWORD, inside
from PIL import Image

from chengguan.cases.models import Case
from chengguan.files.models import Attachment

from .callers import Caller, caller
from .test_reports import body

pytestmark = pytest.mark.django_db


def picture(colour: str = "red") -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(kept, "JPEG")
    return kept.getvalue()


def upload(who: Caller, content: bytes, name: str = "现场.jpg", pieces: int = 2) -> str:
    begun = who.post("/files/uploads", {"name": name, "size": len(content)}).json()
    step = -(-len(content) // pieces)
    for offset in range(0, len(content), step):
        piece = content[offset : offset + step]
        answer = who.patch(f"/files/uploads/{begun['id']}", piece, **{"Upload-Offset": str(offset)})
        assert answer.status_code == 200
    return str(begun["id"])


def test_a_point_gives_its_whole_chain(acceptor: Caller) -> None:
    lon, lat = inside()
    found = acceptor.get("/registry/locate", lon=lon, lat=lat).json()
    assert [area["level"] for area in found["chain"]] == [
        "city",
        "district",
        "street",
        "community",
        "grid",
    ]
    assert found["chain"][-1]["code"] == found["code"]


def test_points_in_bulk_keep_their_order(acceptor: Caller) -> None:
    lon, lat = inside()
    found = acceptor.post("/registry/locate", {"points": [[lon, lat], [116.4, 39.9]]}).json()
    assert found["codes"][1] == ""
    assert len(found["codes"][0]) == 15


def test_a_matter_has_one_unit_and_says_why(acceptor: Caller, town: Town) -> None:
    lon, lat = inside()
    found = acceptor.get(
        "/registry/resolve", kind="matter", matter_code="01001", lon=lon, lat=lat
    ).json()
    assert (found["status"], found["organisation_id"]) == ("one", town.city.unit.pk)
    assert any(line["won"] for line in found["trace"])


def test_a_question_without_a_place_says_so(acceptor: Caller) -> None:
    answer = acceptor.get("/registry/resolve", kind="matter", matter_code="01001")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["mend"]


def test_the_catalogue_gives_rules_of_a_day(acceptor: Caller, town: Town) -> None:
    found = acceptor.get("/registry/catalogue/matter/01001").json()
    assert [rule["id"] for rule in found["rules"]] == [town.city.rule.pk]
    assert acceptor.get("/registry/catalogue/matter/09999").status_code == 404


@pytest.mark.parametrize(
    "path", ["/registry/locate?lon=121.9&lat=30.9", "/registry/catalogue", "/cases"]
)
def test_without_a_token_nothing_is_said(nobody: Caller, path: str) -> None:
    assert nobody.get(path).status_code == 401


def test_a_stranger_may_not_look_things_up(charlie: Caller) -> None:
    assert charlie.get("/registry/locate", lon=121.9, lat=30.9).status_code == 403


def test_an_upload_in_pieces_becomes_evidence(acceptor: Caller) -> None:
    content = picture()
    number = upload(acceptor, content)
    done = acceptor.post(f"/files/uploads/{number}/finish", {})
    assert done.json()["sha256"] == hashlib.sha256(content).hexdigest()
    answer = acceptor.post("/reports", body(uploads=[number]))
    assert answer.status_code == 201
    kept = Attachment.objects.get()
    assert (kept.subject_id, kept.blob_id) == (Case.objects.get().pk, done.json()["sha256"])


def test_a_piece_out_of_place_says_where_to_go_on(acceptor: Caller) -> None:
    content = picture()
    begun = acceptor.post("/files/uploads", {"name": "a.jpg", "size": len(content)}).json()
    answer = acceptor.patch(f"/files/uploads/{begun['id']}", content[5:], **{"Upload-Offset": "5"})
    assert answer.status_code == 409


def test_a_program_called_a_picture_is_refused(acceptor: Caller) -> None:
    content = b"MZ\x90\x00" + b"\x00" * 400
    number = upload(acceptor, content, "猫.jpg")
    answer = acceptor.post(f"/files/uploads/{number}/finish", {})
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["mend"]


def test_anothers_upload_can_not_be_used(acceptor: Caller, town: Town) -> None:
    number = upload(acceptor, picture())
    acceptor.post(f"/files/uploads/{number}/finish", {})
    other = caller(town.city.people["collector"])
    assert other.get(f"/files/uploads/{number}").status_code == 404
    assert other.post("/reports", body(uploads=[number])).status_code == 404


def test_our_own_pages_need_the_csrf_token(town: Town) -> None:
    user = town.city.people["acceptor"]
    user.set_password(PASSWORD)
    user.save()
    page = Client(enforce_csrf_checks=True)
    page.force_login(user)
    assert page.get("/api/v1/cases").status_code == 200
    answer = page.post("/api/v1/reports", body(), content_type="application/json")
    assert answer.status_code == 403
    assert Case.objects.count() == 0


def test_an_unknown_address_is_a_problem(acceptor: Caller) -> None:
    assert acceptor.get("/nonsense").status_code == 404
    assert acceptor.get("/reports").status_code == 405

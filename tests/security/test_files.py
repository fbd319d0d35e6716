"""Files are kept only for who may use them: the refusal comes before the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cases.town import Town
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories import photo
from pytest_django import Settings

from chengguan.audit.models import Entry
from chengguan.cases.models import Case
from chengguan.files.models import Blob

pytestmark = pytest.mark.django_db

Page = Callable[[str], Client]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def kept(media: Path) -> tuple[int, list[str]]:
    return Blob.objects.count(), [one.name for one in media.rglob("*") if one.is_file()]


def send(client: Client, case: Case, verb: str, **data: Any) -> Any:
    file = SimpleUploadedFile("现场.jpg", photo(), content_type="image/jpeg")
    form = {"photos": file, **data}
    return client.post(f"/cases/{case.number}/verbs/{verb}/act/", form)


def verifying(town: Town) -> Case:
    return town.do(
        town.report(source="hotline"), "request_verification", person=town.person("collector")
    )


def refusals(action: str) -> list[tuple[int | None, str]]:
    found = Entry.objects.filter(action=action, result="refused")
    return [(one.actor_id, one.detail["code"]) for one in found]


def test_the_photos_of_who_is_not_assigned_are_not_kept(
    page: Page, town: Town, media: Path
) -> None:
    case = verifying(town)
    answer = send(page("collector2"), case, "submit_verification", finding="true")
    assert (answer.status_code, kept(media)) == (403, (0, []))
    refused = [(town.person("collector2"), "workflow.assignee")]
    assert refusals("case.submit_verification") == refused


def test_the_photos_of_who_holds_no_post_for_it_are_not_kept(
    page: Page, town: Town, media: Path
) -> None:
    answer = send(page("leader"), town.report(), "file", matter="matter:01001")
    assert (answer.status_code, kept(media)) == (403, (0, []))
    assert refusals("case.file") == [(town.person("leader"), "workflow.capability")]


def test_the_photos_of_a_wrong_state_are_not_kept(page: Page, town: Town, media: Path) -> None:
    case = town.report()
    answer = send(page("collector"), case, "submit_verification", finding="true")
    assert answer.status_code == 409
    assert "当前为“待受理”" in answer.content.decode()
    assert kept(media) == (0, [])
    assert refusals("case.submit_verification") == [(town.person("collector"), "workflow.state")]


def test_the_photos_of_an_old_page_are_not_kept(page: Page, town: Town, media: Path) -> None:
    case = verifying(town)
    answer = send(page("collector"), case, "submit_verification", finding="true", seq=case.seq - 1)
    assert answer.status_code == 409
    assert "已被他人处理" in answer.content.decode()
    assert kept(media) == (0, [])


def test_the_photos_of_who_may_are_kept(page: Page, town: Town, media: Path) -> None:
    case = verifying(town)
    answer = send(page("collector"), case, "submit_verification", finding="true", seq=case.seq)
    case.refresh_from_db()
    assert (answer.status_code, case.state) == (302, "reported")
    assert len(kept(media)[1]) == Blob.objects.count() == 1

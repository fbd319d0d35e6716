"""The new report: taken in once, placed in the city, or refused with the mend."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from page_clients import signed_in

from chengguan.cases.models import Case
from chengguan.files.models import Attachment

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector(city: City) -> Client:
    return signed_in(city.people["collector"])


def data(**changes: Any) -> dict[str, Any]:
    lon, lat = factories.inside(1)
    given = {
        "key": str(uuid.uuid4()),
        "source": "collector",
        "text": "路口有暴露垃圾",
        "address": "环湖西一路",
        "lon": lon,
        "lat": lat,
        "matter": "matter:01001",
    }
    return {**given, **changes}


def test_report_becomes_a_case_with_its_photo(
    collector: Client, city: City, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = SimpleUploadedFile("现场.jpg", factories.photo(9))
    answer = collector.post("/cases/new/", data(photos=photo))
    case = Case.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/cases/{case.number}/")  # type: ignore[attr-defined]
    assert (case.state, case.matter_code, case.area_code[:12]) == (
        "reported", "01001", "310115501001",
    )  # fmt: skip
    assert case.reporter_id == city.people["collector"].pk
    assert Attachment.objects.get(subject_id=case.pk).role == "report"


def test_sent_twice_is_one_case(collector: Client) -> None:
    same = data()
    answers = [collector.post("/cases/new/", same) for _ in range(2)]
    assert len({answer.url for answer in answers}) == 1  # type: ignore[attr-defined]
    assert Case.objects.count() == 1


def test_outside_the_city_is_refused_with_the_mend(collector: Client) -> None:
    answer = collector.post("/cases/new/", data(lon=100.0, lat=30.0))
    assert answer.status_code == 422
    assert "不在本市范围内" in answer.content.decode()
    assert Case.objects.count() == 0


def test_a_refused_report_names_its_field(collector: Client) -> None:
    """The form stays as it is and the sentence stands above it: without its name, which of ten?"""
    sent = data(text="脏", lon=None)
    del sent["lon"]
    answer = collector.post("/cases/new/", sent, headers={"HX-Request": "true"}).content.decode()
    assert 'data-field="text"' in answer
    assert "“问题描述”：" in answer
    assert Case.objects.count() == 0


def test_place_is_explained_while_choosing(collector: Client) -> None:
    near = factories.report()
    lon, lat = factories.inside(1)
    url = "/cases/new/place/"
    query = f"?lon={lon}&lat={lat}&matter=matter:01001"
    said = collector.get(url + query).content.decode()
    assert "西社区" in said
    assert near.number in said
    outside = collector.get(url, {"lon": 100, "lat": 30}).content.decode()
    assert "不在本市范围内" in outside

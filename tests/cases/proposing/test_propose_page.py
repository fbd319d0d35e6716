"""The proposals as pages and as API: shown, scoped, refused to strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in

if TYPE_CHECKING:
    from factories import City

_ASKED = {"text": "巷口暴露垃圾", "lon": "121.906", "lat": "30.892"}


@pytest.fixture
def city(db: None) -> City:
    return factories.working_city()


def test_fragment_shows_matter_unit_rule_and_duplicates(city: City) -> None:
    lon, lat = factories.inside(1)
    case = factories.report()
    client = signed_in(city.people["acceptor"])
    page = client.post("/cases/propose/", {**_ASKED, "lon": str(lon), "lat": str(lat)})
    said = page.content.decode()
    assert [one.code for one in page.context["found"].matters] == ["01001"]
    assert [one.number for one in page.context["near"]] == [case.number]
    assert "环卫所" in said
    assert f'name="rule" value="{city.rule.pk}" checked' in said
    # The number is a link to its rows, and the rows are as many.
    assert "words=%E6%9A%B4%E9%9C%B2%E5%9E%83%E5%9C%BE" in said


def test_number_shown_leads_to_as_many_rows(city: City) -> None:
    factories.report()
    factories.report()
    client = signed_in(city.people["acceptor"])
    page = client.post("/cases/propose/", _ASKED)
    counted = page.context["found"].matters[0].counted
    listed = client.get(
        "/cases/", {"words": counted.word, "opened_from": f"{counted.since:%Y-%m-%d}"}
    )
    assert listed.content.decode().count('class="code"') >= 2
    assert counted.total == 2


def test_wrong_point_is_said_and_the_words_still_help(city: City) -> None:
    client = signed_in(city.people["acceptor"])
    page = client.post("/cases/propose/", {"text": "暴露垃圾", "lon": "10", "lat": "20"})
    assert page.status_code == 200
    assert "不在" in page.content.decode()
    assert len(page.context["found"].matters) == 1


def test_stranger_is_refused(city: City) -> None:
    stranger = signed_in(factories.stranger())
    assert stranger.post("/cases/propose/", _ASKED).status_code == 403


def test_chosen_matter_has_its_own_rules(city: City) -> None:
    lamp = factories.matter("01036", "路灯异常")
    rule = factories.rule(lamp, condition="灯不亮")
    client = signed_in(city.people["acceptor"])
    page = client.post("/cases/propose/", {**_ASKED, "matter": "matter:01036"})
    assert [one.id for one in page.context["found"].rules] == [rule.pk]
    assert 'value="matter:01036" data-rank="0" checked' in page.content.decode()


def test_api_answers_the_same_as_json(city: City) -> None:
    client = signed_in(city.people["acceptor"])
    body = client.post("/api/v1/proposals", _ASKED, "application/json").json()
    assert [(one["code"], one["name"]) for one in body["matters"]] == [("01001", "暴露垃圾")]
    assert body["unit"]["organisation"] == "环卫所"
    assert body["matter"] == ["matter", "01001"]
    assert (
        signed_in(factories.stranger())
        .post("/api/v1/proposals", _ASKED, "application/json")
        .status_code
        == 403
    )
    assert client.post("/api/v1/proposals", {"lon": "121.9"}, "application/json").status_code == 422

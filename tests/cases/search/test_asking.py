"""What is asked wrongly is said in words; what is asked over the API is what the page asks."""

from __future__ import annotations

import pytest
from django.test import Client

from chengguan.accounts.domain.tokens import digest_of
from chengguan.accounts.models import ApiToken
from chengguan.cases.drawing import circle_of, polygons_of
from chengguan.cases.filtering import filter_form
from chengguan.cases.scores import Score, score_of
from chengguan.core.coordinates import CRS, convert
from chengguan.core.errors import Invalid

from ..town import Town

RING = "[[121.90,30.88],[121.92,30.90],[121.92,30.88],[121.90,30.90],[121.90,30.88]]"


def test_a_ring_that_crosses_itself_says_where() -> None:
    with pytest.raises(Invalid) as caught:
        polygons_of(f'{{"type":"Polygon","coordinates":[{RING}]}}')
    assert caught.value.message == "画的范围自相交叉（经度 121.910000，纬度 30.890000 处）。"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"type":"Point","coordinates":[1,2]}',
        '{"type":"Polygon","coordinates":[]}',
        '{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}',
        '{"type":"Polygon","coordinates":[[[200,2],[3,4],[5,6]]]}',
        '{"type":"Polygon","coordinates":[[[1,1],[2,2],[3,3],[1,1]]]}',
    ],
)
def test_what_is_no_polygon_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        polygons_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "a,b,c",
        "121,30,0",
        "121,30,60000",
        "121,300,5",
        "nan,30,5",
        "121,30,nan",
        "121,30,1e-300",
    ],
)
def test_what_is_no_circle_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        circle_of(text)


def test_a_circle_of_another_system_is_moved() -> None:
    lon, lat = convert(121.91, 30.89, CRS.CGCS2000, CRS.GCJ02)
    found = circle_of(f"{lon},{lat},300", "GCJ02")
    assert (round(found.lon, 6), round(found.lat, 6)) == (121.91, 30.89)
    with pytest.raises(Invalid):
        circle_of("121.9,30.9,300", "MARS")


def test_scores_are_read() -> None:
    assert [score_of(one) for one in ("returns:2", "returns:2-", "share:-80", "late:1-3")] == [
        Score("returns", 2, 2), Score("returns", 2), Score("share", None, 80), Score("late", 1, 3),
    ]  # fmt: skip
    for wrong in ("", "returns", "returns:", "returns:-", "returns:3-1", "no:1", "returns:12345"):
        with pytest.raises(Invalid):
            score_of(wrong)


def test_the_form_reads_names_and_says_what_there_is_not(town: Town) -> None:
    def asked(**data: object) -> object:
        form = filter_form({**data})
        assert form.is_valid(), form.errors
        return form.wanted()

    assert asked(area="西社区").area == "310115501001"  # type: ignore[attr-defined]
    assert asked(area="西社区 -310115501002").areas == ("310115501001", "-310115501002")  # type: ignore[attr-defined]
    assert asked(person="派遣员").people[0].ids == (town.person("dispatcher"),)  # type: ignore[attr-defined]
    wrong = {
        "area": "不存在街道",
        "person": "无此人",
        "matter": "ab",
        "circle": "1,2",
        "shape": "{}",
        "score": "urged",
        "closed_to": "9999-12-31",
        "due_to": "0001-01-01",
    }
    form = filter_form(wrong)
    assert not form.is_valid()
    assert set(form.errors) == set(wrong)


def test_the_api_takes_every_field(town: Town, client: Client) -> None:
    case = town.report(text="马樱丹路垃圾", component_code="3101155010010001")
    ApiToken.objects.create(user=town.city.people["acceptor"], name="试", digest=digest_of("raw"))
    headers = {"Authorization": "Bearer raw"}
    assert case.point is not None
    near = f"{case.point[0]},{case.point[1]},50"
    query = f"q=樱丹&matters=01&matters=-02&areas=310115501&circle={near}&not_source=hotline&not_state=closed&lights=red&not_flag=urged&score=urged:-0&component=3101&opened_from=2020-01-01T00:00:00Z"
    found = client.get(f"/api/v1/cases?{query}", headers=headers)
    assert found.status_code == 200, found.content.decode()
    assert [row["number"] for row in found.json()["rows"]] == [case.number]
    for wrong in ("circle=1,2", "shape={}", "score=no:1", "circle=1,2,3&shape={}"):
        assert client.get(f"/api/v1/cases?{wrong}", headers=headers).status_code == 422, wrong

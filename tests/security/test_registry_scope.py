"""Who answers for what is told for one's own areas: the matrix, one cell, a point, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api.callers import Caller, caller
from cases.town import Town
from django.test import Client
from factories import CITY, DISTRICT, STREET, area, inside, organisation, post, square, user
from page_clients import signed_in, statements

from chengguan.accounts.models import User
from chengguan.audit.models import Entry
from chengguan.registry.models import Component

pytestmark = pytest.mark.django_db

WEST, EAST, OTHER = f"{STREET}001", f"{STREET}002", "310115502"
See = Callable[[str], User]


@pytest.fixture
def chief(town: Town) -> See:
    """Give a chief of an area: he may see the registry there ("": everywhere)."""
    area(OTHER, "新镇", "street", square(121.94, 30.88, 0.01, 0.01))
    area(f"{OTHER}001", "新社区", "community", square(121.94, 30.88, 0.01, 0.01))

    def make(area_code: str) -> User:
        home = organisation("片区", kind="street")
        return user("街长", home, post("chief", "registry.see"), area_code=area_code)

    return make


def matrix(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/registry/coverage/{query}")
    assert page.status_code == 200
    cells = {cell.area_code for line in page.context["lines"] for cell in line.cells}
    codes = [one.code for one in page.context["areas"]]
    assert cells <= set(codes)
    counted = sum(page.context["counts"].values())
    assert counted == len(codes) * page.context["matters"]
    return codes


@pytest.mark.parametrize(
    ("scope", "communities", "streets"),
    [
        (STREET, [WEST, EAST], [STREET]),
        (OTHER, [f"{OTHER}001"], [OTHER]),
        (WEST, [WEST], []),
        (DISTRICT, [WEST, EAST, f"{OTHER}001"], [STREET, OTHER]),
        (CITY, [WEST, EAST, f"{OTHER}001"], [STREET, OTHER]),
        ("", [WEST, EAST, f"{OTHER}001"], [STREET, OTHER]),
    ],
)
def test_the_matrix_has_one_s_own_areas(
    chief: See, scope: str, communities: list[str], streets: list[str]
) -> None:
    client = signed_in(chief(scope))
    assert matrix(client) == communities
    assert matrix(client, "?level=street") == streets


def test_asking_under_another_area_shows_none_of_it(chief: See) -> None:
    assert matrix(signed_in(chief(STREET)), f"?level=community&under={OTHER}") == []


def test_two_posts_give_both_their_areas(chief: See, town: Town) -> None:
    from chengguan.accounts.domain import loading
    from chengguan.accounts.models import Grant

    both = chief(WEST)
    Grant.objects.create(
        user=both,
        post=post("chief", "registry.see"),
        organisation=town.city.unit,
        area_code=OTHER,
        valid_from="2000-01-01",
    )
    loading.forget()
    assert matrix(signed_in(both)) == [WEST, f"{OTHER}001"]


def test_the_matrix_costs_the_same_whatever_the_scope(chief: See) -> None:
    url = "/registry/coverage/"
    assert statements(signed_in(chief(STREET)), url) == statements(signed_in(chief("")), url)


def test_a_cell_elsewhere_is_refused_and_audited(chief: See) -> None:
    one = chief(STREET)
    client = signed_in(one)
    cell = "/registry/coverage/cell/?matter=matter:01001&area="
    assert client.get(f"{cell}{WEST}").context["answer"].organisation == "环卫所"
    for elsewhere in (OTHER, DISTRICT):
        answer = client.get(f"{cell}{elsewhere}")
        assert answer.status_code == 403
        assert "不在您的管辖范围内" in answer.content.decode()
        assert "环卫所" not in answer.content.decode()
    refused = Entry.objects.filter(action="registry.resolve", result="refused", actor_id=one.pk)
    assert {entry.subject_id for entry in refused} == {OTHER, DISTRICT}


def test_a_point_elsewhere_has_a_place_but_no_answer(chief: See) -> None:
    lon, lat = inside(1)
    url = f"/registry/locate/result/?lon={lon}&lat={lat}&matter=matter:01001"
    own, other = signed_in(chief(WEST)).get(url), signed_in(chief(OTHER)).get(url)
    assert own.context["answer"].organisation == "环卫所"
    assert [one.code for one in other.context["chain"]][-2] == WEST
    assert "answer" not in other.context
    assert "不在您的管辖范围内" in other.content.decode()


def resolve(who: Caller, **query: Any) -> Any:
    return who.get("/registry/resolve", kind="matter", matter_code="01001", **query)


def test_the_api_answers_for_one_s_own_areas(chief: See, town: Town) -> None:
    west, everywhere = caller(chief(WEST)), caller(chief(""))
    lon, lat = inside(1)
    far_lon, far_lat = inside(2)
    asked: list[dict[str, Any]] = [
        {"area_code": WEST},
        {"lon": lon, "lat": lat},
        {"area_code": EAST},
        {"area_code": STREET},
        {"lon": far_lon, "lat": far_lat},
    ]
    assert [resolve(west, **one).status_code for one in asked] == [200, 200, 403, 403, 403]
    assert [resolve(everywhere, **one).status_code for one in asked] == [200] * 5
    assert resolve(west, area_code=EAST).json()["code"] == "registry.area"
    assert resolve(west, lon=1, lat=1).json()["status"] == "gap"


def test_the_owner_of_a_part_elsewhere_is_not_told(chief: See, town: Town) -> None:
    columns = {
        "name": "井盖",
        "matter_code": "01001",
        "valid_from": "2000-01-01",
        "owner": "环卫所",
    }
    for number, where in ((1, WEST), (2, EAST)):
        Component.objects.create(
            code=f"3101150100100000{number}", point=inside(number), area_code=where, **columns
        )
    west, everywhere = caller(chief(WEST)), caller(chief(""))
    parts = [f"3101150100100000{number}" for number in (1, 2, 3)]
    answers = [resolve(west, area_code=WEST, component_code=one) for one in parts]
    assert [one.status_code for one in answers] == [200, 404, 404]
    assert answers[1].json()["code"] == answers[2].json()["code"] == "registry.unknown"
    for one in parts:
        assert resolve(everywhere, area_code=WEST, component_code=one).status_code == 200

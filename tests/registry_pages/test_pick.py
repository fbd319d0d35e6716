"""An area is chosen step by step, without a script too, and leads back to the list it was chosen for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in, statements

from chengguan.registry.domain.tree import top, within

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
PICK = "/registry/areas/pick/"
LIST = "/cases/?words=%E5%9E%83%E5%9C%BE&cursor=abc&area=310115"


@pytest.fixture
def city(db: None) -> City:
    return factories.working_city()


@pytest.fixture
def acceptor(city: City) -> Client:
    return signed_in(city.people["acceptor"])


def test_the_tree_goes_down_to_the_grid(city: City) -> None:
    assert top() == factories.STREET
    communities = [ref.code for ref in within(factories.STREET)]
    assert communities == [f"{factories.STREET}001", f"{factories.STREET}002"]
    assert all(len(ref.code) == 15 for ref in within(communities[0]))
    assert within(within(communities[0])[0].code) == ()
    assert within("9") == ()


def test_every_step_is_a_link_and_the_last_leads_back(acceptor: Client) -> None:
    page = acceptor.get(PICK, {"back": LIST, "at": f"{factories.STREET}001"})
    assert page.context["cleared"] == "/cases/?words=%E5%9E%83%E5%9C%BE"
    into = acceptor.get(PICK, {"back": LIST, "at": factories.STREET}).content.decode()
    assert f"at={factories.STREET}001" in into
    ref, url, _ = page.context["inside"][0]
    assert url == f"/cases/?words=%E5%9E%83%E5%9C%BE&area={ref.code}"
    assert acceptor.get(url).status_code == 200


def test_the_panel_alone_for_a_script(acceptor: Client) -> None:
    panel = acceptor.get(PICK, headers={"HX-Request": "true"}).content.decode()
    assert panel.lstrip().startswith('<nav class="area-above"')
    assert f'data-choose="{factories.STREET}001"' in panel


def test_a_grid_is_shown_among_its_neighbours(acceptor: Client) -> None:
    grid = within(f"{factories.STREET}001")[0].code
    page = acceptor.get(PICK, {"at": grid})
    assert page.context["at"] == f"{factories.STREET}001"
    assert 'aria-current="true"' in page.content.decode()


@pytest.mark.parametrize(
    "back",
    [
        "https://boese.example/", "//boese.example/x", "/\\boese.example", "javascript:1", "",
        # Browsers drop a tab and a line's end, and then two slashes lead to another host.
        "/\t///boese.example/login", "/\n///boese.example", "/.//boese.example/",
    ],
)  # fmt: skip
def test_it_leads_back_to_nobody_else(acceptor: Client, back: str) -> None:
    page = acceptor.get(PICK, {"back": back})
    assert page.context["back"] == "/"
    links = re.findall(r'data-choose="[^"]*"|href="([^"]*)"', page.content.decode())
    assert not [one for one in links if "boese" in one.partition("?")[0]]


@pytest.mark.parametrize("at", ["x", "９９", "1", "3" * 40, "'"])
def test_an_area_nobody_knows_begins_at_the_top(acceptor: Client, at: str) -> None:
    assert acceptor.get(PICK, {"at": at, "field": "A b"}).context["at"] == factories.STREET


def test_the_same_way_stands_beside_list_map_and_desk(city: City) -> None:
    client = signed_in(city.people["leader"])
    for url in ("/cases/", "/cases/map/", "/map/"):
        text = client.get(url, {"area": factories.STREET}).content.decode()
        assert "data-area-pick=" in text, url
        assert f"at={factories.STREET}" in text, url
    desk = signed_in(city.people["acceptor"]).get("/desk/").content.decode()
    assert "data-area-pick=" in desk


def test_nobody_signed_in_is_sent_to_sign_in(city: City, client: Client) -> None:
    assert client.get(PICK).status_code == 302


def test_it_asks_no_more_for_many(acceptor: Client) -> None:
    few = statements(acceptor, f"{PICK}?at={factories.STREET}001")
    assert statements(acceptor, f"{PICK}?at={factories.STREET}") == few


def test_a_long_drawing_is_led_back_to(acceptor: Client) -> None:
    back = "/cases/?shape=" + "121.9,30.9;" * 400
    assert acceptor.get(PICK, {"back": back}).context["back"].startswith("/cases/?shape=121.9")

"""Tiles: what is in the person's scope, counted far out and single near, the same as the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in, statements

from chengguan.cases import points
from chengguan.cases.models import Case
from chengguan.registry.enums import FacilityKind
from chengguan.registry.models import Device, Facility
from chengguan.store import revisions

from .places import EAST, WEST, camera, components, count, person_of, read, tile_at

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
HERE = factories.inside(1)


def cases_in(community: int, number: int) -> list[Case]:
    made = []
    for place in range(number):
        lon, lat = factories.inside(community, 0.3 + place * 0.01, 0.3)
        made.append(factories.report(lon=lon, lat=lat))
    points.forget()
    return made


def test_cells_far_out_and_single_cases_near(city: City, dispatcher: Client) -> None:
    made = cases_in(1, 3)

    far = read(dispatcher, "cases", tile_at(HERE, 9))
    near = read(dispatcher, "cases", tile_at(HERE, 15))

    assert [one["properties"]["n"] for one in far["cells"]] == [3]
    assert far["cells"][0]["properties"]["green"] == 3
    assert {one["id"] for one in near["cases"]} == {one.pk for one in made}
    assert set(near["cases"][0]["properties"]) == {"light"}


def test_a_cell_leads_to_as_many_rows(city: City, dispatcher: Client) -> None:
    cases_in(1, 3)
    cell = read(dispatcher, "cases", tile_at(HERE, 9))["cells"][0]["properties"]

    page = dispatcher.get("/map/inside/cases/", {"cell": cell["cell"]})

    assert (
        cell["n"] == page.context["count"] == page.content.decode().count('data-label="案件编号"')
    )


def test_filters_of_the_list_filter_the_tile(city: City, dispatcher: Client) -> None:
    cases_in(1, 2)
    tile = tile_at(HERE, 9)

    assert count(read(dispatcher, "cases", tile, source="hotline")) == 2
    assert count(read(dispatcher, "cases", tile, source="video")) == 0
    assert count(read(dispatcher, "cases", tile, light="red")) == 0
    assert dispatcher.get(f"/map/tiles/cases/{tile}.mvt", {"light": "pink"}).status_code == 422


def test_a_tile_tells_nothing_of_another_area(city: City, dispatcher: Client) -> None:
    cases_in(1, 2)
    cases_in(2, 1)
    components(30, WEST)
    components(5, EAST)
    east = signed_in(person_of(EAST))
    far = tile_at(HERE, 9)

    assert count(read(dispatcher, "cases", far)) == 3
    assert count(read(east, "cases", far)) == 1
    assert count(read(east, "cases", tile_at(HERE, 16))) == 0
    assert count(read(dispatcher, "components", far)) == 35
    assert count(read(east, "components", far)) == 5
    assert count(read(east, "components", tile_at(HERE, 17))) == 0


def test_a_stranger_gets_no_tile(city: City, stranger: Client) -> None:
    cases_in(1, 1)
    tile = tile_at(HERE, 9)

    for layer in ("cases", "components", "cameras", "devices"):
        assert stranger.get(f"/map/tiles/{layer}/{tile}.mvt").status_code == 403
    assert stranger.get("/map/").status_code == 403
    assert stranger.get("/map/hours.json").status_code == 403
    assert stranger.get("/map/people.geojson").status_code == 403


def test_a_popup_is_asked_for_in_scope(city: City, dispatcher: Client) -> None:
    case = cases_in(1, 1)[0]
    seen = camera()
    east = signed_in(person_of(EAST))

    told = dispatcher.get(f"/map/cases/{case.pk}/").json()
    assert told["code"] == case.number
    # Status, time left with the day it is due, and where: what a target of a drive shows.
    assert "待受理 · 剩" in told["note"]
    assert "到期）" in told["note"]
    assert "朝向 135°" in dispatcher.get(f"/map/things/cameras/{seen.pk}/").json()["note"]
    assert east.get(f"/map/cases/{case.pk}/").status_code == 404
    assert east.get(f"/map/things/cameras/{seen.pk}/").status_code == 404


def test_a_tile_that_stands_is_not_sent_again(city: City, dispatcher: Client) -> None:
    components(3, WEST)
    url = f"/map/tiles/components/{tile_at(HERE, 9)}.mvt"
    first = dispatcher.get(url)
    again = dispatcher.get(url, headers={"If-None-Match": first["ETag"]})

    components(2, EAST)
    changed = dispatcher.get(url, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed["Cache-Control"].startswith("private")


def test_cameras_tell_where_they_look(city: City, dispatcher: Client) -> None:
    camera()
    camera(code="C2", direction=None)

    found = read(dispatcher, "cameras", tile_at(HERE, 17))["things"]

    assert sorted(one["properties"]["detail"] for one in found) == [-1, 135]


def test_stations_tell_their_kind(city: City, dispatcher: Client) -> None:
    made = Facility.objects.create(
        code="F1", kind="toilet", name="环湖路公厕", point=HERE, area_code=WEST,
        capacity="12 蹲位", valid_from=factories.SINCE,
    )  # fmt: skip
    revisions.bump("facilities")

    found = read(dispatcher, "facilities", tile_at(HERE, 17))["things"][0]
    told = dispatcher.get(f"/map/things/facilities/{made.pk}/").json()

    assert FacilityKind.values[found["properties"]["detail"]] == "toilet"
    assert told["note"] == "公共厕所 · 正常 · 12 蹲位"


def test_devices_tell_their_last_data(city: City, dispatcher: Client) -> None:
    made = Device.objects.create(
        code="D1", kind="water", kind_name="水位", point=HERE, area_code=WEST, state="lost",
        valid_from=factories.SINCE,
    )  # fmt: skip
    revisions.bump("devices")

    found = read(dispatcher, "devices", tile_at(HERE, 17))["things"][0]
    cell = read(dispatcher, "devices", tile_at(HERE, 9))["cells"][0]

    assert found["properties"]["state"] == "lost"
    assert (cell["properties"]["n"], cell["properties"]["faulty"]) == (1, 1)
    assert "尚无数据" in dispatcher.get(f"/map/things/devices/{made.pk}/").json()["note"]


def test_tiles_ask_as_much_for_three_as_for_one(city: City, dispatcher: Client) -> None:
    cases_in(1, 1)
    url = f"/map/tiles/cases/{tile_at(HERE, 9)}.mvt"
    one = statements(dispatcher, url)
    cases_in(1, 2)

    assert statements(dispatcher, url) == one


@pytest.mark.parametrize("tile", ["3/8/0", "25/0/0", "4/0/16"])
def test_no_such_tile(dispatcher: Client, tile: str) -> None:
    assert dispatcher.get(f"/map/tiles/cases/{tile}.mvt").status_code == 422

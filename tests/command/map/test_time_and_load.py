"""Loads by area, and the map as it was: opened by then, and not closed yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import factories
import pytest
from page_clients import signed_in

from chengguan.cases import points
from chengguan.cases.models import Case
from chengguan.command.map.domain.load import breaks_of
from chengguan.registry.models import Area

from .places import EAST, WEST, count, person_of, read, tile_at

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
HERE = factories.inside(1)
DAY = datetime.fromisoformat("2026-06-10T00:00+08:00")


def spell(opened_hour: float, closed_hour: float | None, due_hour: float = 20) -> Case:
    """A case that was open between two hours of the day, due at a third."""
    case: Case = factories.report()
    hour = timedelta(hours=1)
    times: dict[str, Any] = {
        "opened_at": DAY + opened_hour * hour,
        "closed_at": None if closed_hour is None else DAY + closed_hour * hour,
        "due_at": DAY + due_hour * hour,
        "warn_at": DAY + (due_hour - 1) * hour,
    }
    Case.objects.filter(pk=case.pk).update(**times)
    points.forget()
    return case


@pytest.fixture
def past(city: City) -> City:
    spell(8, 12)
    spell(9, None, due_hour=10)
    spell(15, 30)
    return city


@pytest.mark.parametrize(("hour", "open_then"), [(7, 0), (8, 1), (9, 2), (12, 1), (15, 2), (23, 2)])
def test_the_map_of_an_hour(past: City, dispatcher: Client, hour: int, open_then: int) -> None:
    tile = read(dispatcher, "cases", tile_at(HERE, 9), at=f"2026-06-10T{hour:02d}:00")

    assert count(tile) == open_then


def test_lights_of_the_past_are_those_of_the_whole_limit(past: City, dispatcher: Client) -> None:
    cell = read(dispatcher, "cases", tile_at(HERE, 9), at="2026-06-10T11:00")["cells"][0][
        "properties"
    ]

    assert (cell["n"], cell.get("red"), cell.get("green")) == (2, 1, 1)


def test_hours_are_the_counts_of_the_map(past: City, dispatcher: Client) -> None:
    body = dispatcher.get("/map/hours.json", {"at": "2026-06-10T23:00"}).json()

    assert body["first"] == "2026-06-10T00:00+08:00"
    assert body["counts"] == [0] * 8 + [1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2]


def test_a_week_ends_with_its_day(past: City, dispatcher: Client) -> None:
    body = dispatcher.get("/map/hours.json", {"at": "2026-06-12T23:00", "span": "week"}).json()

    assert body["first"] == "2026-06-06T00:00+08:00"
    assert len(body["counts"]) == 7 * 24


@pytest.mark.parametrize("asked", [{"at": "gestern"}, {"at": "2999-01-01T00:00"}, {"span": "year"}])
def test_no_such_instant(past: City, dispatcher: Client, asked: dict[str, str]) -> None:
    assert dispatcher.get("/map/hours.json", asked).status_code == 422


def test_loads_are_the_rows_of_the_list(city: City, dispatcher: Client) -> None:
    for community in (1, 1, 2):
        lon, lat = factories.inside(community)
        factories.report(lon=lon, lat=lat)
    points.forget()

    table = dispatcher.get("/map/load/", {"level": "grid"})
    lines = {line.code: line.count for line in table.context["lines"]}
    shapes = dispatcher.get("/map/load.geojson", {"level": "grid"}).json()

    assert sorted(lines.values()) == [1, 2]
    for code, number in lines.items():
        page = dispatcher.get("/cases/", {"area": code, "open": "1"})
        assert len(page.context["page"].rows) == number
        assert f"area={code}" in table.content.decode()
    coloured = {one["properties"]["code"]: one["properties"]["n"] for one in shapes["features"]}
    assert {code: n for code, n in coloured.items() if n} == lines
    assert shapes["breaks"] == [1, 2]


def test_a_grid_without_a_name_is_told_by_its_community(city: City, dispatcher: Client) -> None:
    case = factories.report()
    points.forget()
    Area.objects.filter(code=case.area_code).update(name=case.area_code)

    table = dispatcher.get("/map/load/", {"level": "grid"}).content.decode()

    assert f"西社区{case.area_code[-3:]}号网格" in table


def test_the_heaviest_of_many_light_grids_stands_out() -> None:
    assert breaks_of([1] * 80 + [2] * 13 + [3, 4, 7, 8, 9, 18]) == (1, 2, 4, 7, 9)
    assert breaks_of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) == (1, 3, 5, 7, 9)
    assert breaks_of([4, 4, 9]) == (4, 9)
    assert breaks_of([]) == ()


def test_who_may_not_see_the_registry_is_not_led_where_he_is_refused(city: City) -> None:
    """A handler on his telephone: no load to open, no areas that each move of a map would ask for."""
    case = factories.report()
    post = factories.post("walker", "cases.see")
    walker = signed_in(factories.user("行走者", city.centre, post))

    assert "/map/load/" not in walker.get("/map/").content.decode()
    for page in ("/cases/map/", f"/cases/{case.number}/"):
        answer = walker.get(page)
        assert answer.status_code == 200
        assert "/registry/areas/features.geojson" not in answer.content.decode()
    dispatcher = signed_in(city.people["dispatcher"])
    for page in (f"/dispatch/cases/{case.number}/", "/dispatch/facts/"):
        assert walker.get(page).status_code == 200
        assert 'href="/dispatch/"' not in walker.get(page).content.decode()
        assert 'href="/dispatch/"' in dispatcher.get(page).content.decode()


def test_loads_of_another_area_are_not_told(city: City) -> None:
    factories.report()
    points.forget()
    east = signed_in(person_of(EAST))

    codes = {one["properties"]["code"] for one in east.get("/map/load.geojson").json()["features"]}

    assert codes
    assert not any(code.startswith(WEST) for code in codes)
    assert east.get("/map/load/", {"level": "street"}).context["lines"] == []

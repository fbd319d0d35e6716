"""A circle: each count is the number of rows its list shows, within the person's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in

from chengguan.audit.models import Entry
from chengguan.cases import points
from chengguan.core.metres import distance_m

from .places import EAST, WEST, camera, components, person_of

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
LON, LAT = factories.inside(1)
CIRCLE = f"{LON},{LAT},500"


@pytest.fixture
def filled(city: City) -> City:
    for east in (0.3, 0.31, 0.9):
        lon, lat = factories.inside(1, east, 0.3)
        factories.report(lon=lon, lat=lat)
    components(200, WEST)
    camera()
    points.forget()
    return city


def test_every_number_is_the_number_of_its_rows(filled: City, dispatcher: Client) -> None:
    panel = dispatcher.get("/map/inside/", {"circle": CIRCLE}, headers={"HX-Request": "true"})
    counts = {kind: number for kind, _, number in panel.context["found"]}

    assert counts["cases"] == 2
    assert counts["cameras"] == 1
    assert 0 < counts["components"] < 200
    for kind in ("cases", "components", "cameras", "devices"):
        page = dispatcher.get(f"/map/inside/{kind}/", {"circle": CIRCLE})
        assert page.context["count"] == counts[kind], kind
    shown = dispatcher.get("/map/inside/components/", {"circle": CIRCLE}).context["things"]
    assert all(distance_m(LON, LAT, *one.point) <= 500.5 for one in shown)


def test_pages_hold_each_row_once(filled: City, dispatcher: Client) -> None:
    wide = {"circle": f"{LON},{LAT},5000"}
    seen: list[str] = []
    for page in ("1", "2", "3", "4"):
        answer = dispatcher.get("/map/inside/components/", {**wide, "page": page})
        seen += [one.code for one in answer.context["things"]]

    assert len(seen) == len(set(seen)) == answer.context["count"] == 200


def test_a_circle_holds_nothing_of_another_area(filled: City) -> None:
    east = signed_in(person_of(EAST))
    panel = east.get("/map/inside/", {"circle": CIRCLE})
    taken = east.get("/map/inside/cases.csv", {"circle": CIRCLE})

    assert {number for _, _, number in panel.context["found"]} == {0}
    assert len(taken.content.decode("utf-8-sig").splitlines()) == 1


def test_a_stranger_sees_no_kind(filled: City, stranger: Client) -> None:
    assert stranger.get("/map/inside/", {"circle": CIRCLE}).context["found"] == []
    for kind in ("cases", "components", "people", "units"):
        assert stranger.get(f"/map/inside/{kind}/", {"circle": CIRCLE}).status_code == 403


def test_an_export_holds_the_rows_and_is_in_the_audit(filled: City, dispatcher: Client) -> None:
    answer = dispatcher.get("/map/inside/cases.csv", {"circle": CIRCLE})

    assert len(answer.content.decode("utf-8-sig").splitlines()) == 3
    entry = Entry.objects.filter(action="export").latest("id")
    assert entry.detail["filters"] == {"circle": CIRCLE}


@pytest.mark.parametrize(
    "circle", ["", "a,b,c", "121.9,30.9,9", "121.9,30.9,5001", "200,1,50", "nan,1,50"]
)
def test_a_circle_that_is_none_is_refused(filled: City, dispatcher: Client, circle: str) -> None:
    assert dispatcher.get("/map/inside/", {"circle": circle}).status_code == 422
    assert dispatcher.get("/map/inside/cases/", {"circle": circle}).status_code == 422


def test_three_fields_are_a_circle_too(filled: City, dispatcher: Client) -> None:
    page = dispatcher.get("/map/inside/", {"lon": str(LON), "lat": str(LAT), "metres": "500"})

    assert str(page.context["circle"]) == f"{LON:.6f},{LAT:.6f},500"
    assert f"circle={LON:.6f},{LAT:.6f},500" in page.content.decode()


def test_selections_kept_are_bounded_by_their_rows(
    filled: City, dispatcher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "MOST_ROWS", 5)
    for words in ("垃圾", "路口", "暴露", ""):
        dispatcher.get("/map/inside/", {"circle": CIRCLE, "words": words})
    kept = [len(one) for _, one in points._cache.values()]
    assert sum(kept) <= 5 < 4 * kept[-1]

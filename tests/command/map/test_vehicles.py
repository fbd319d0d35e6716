"""Vehicles: by the area they are in, with their age in words; the circle's number is its rows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in

from chengguan.registry.enums import VehicleKind, VehicleState
from chengguan.registry.models import Vehicle
from chengguan.telemetry.models import Latest

from .places import EAST, WEST, person_of

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
LON, LAT = factories.inside(1)
CIRCLE = {"circle": f"{LON},{LAT},300"}


def vehicle(code: str, minutes: float = 0, community: int = 1, **columns: object) -> None:
    made = Vehicle.objects.create(
        code=code, kind=VehicleKind.SWEEPER, owner="环卫所", area_code=factories.DISTRICT,
        valid_from=factories.SINCE, **columns,
    )  # fmt: skip
    Latest.objects.create(
        vehicle=made,
        at=timezone.now() - timedelta(minutes=minutes, seconds=5),
        point=factories.inside(community),
        area_code=f"{(WEST, EAST)[community - 1]}001",
    )


def told(client: Client) -> list[tuple[str, str, bool]]:
    body = client.get("/map/vehicles.geojson").json()
    rows = [one["properties"] for one in body["features"]]
    assert body["stale"] == sum(one["stale"] for one in rows)
    return [(one["title"], one["age"], one["stale"]) for one in rows]


def test_how_old_a_position_is_is_said_in_words(city: City, dispatcher: Client) -> None:
    vehicle("A", plate="沪AT0001")
    vehicle("B", 29)
    vehicle("C", 30)
    vehicle("D", 125)
    vehicle("E", state=VehicleState.RETIRED)

    assert told(dispatcher) == [
        ("沪AT0001", "刚刚", False),
        ("B", "29 分钟前", False),
        ("C", "未更新（30 分钟前）", True),
        ("D", "未更新（2 小时前）", True),
    ]


def test_another_area_and_a_stranger_see_none(city: City, stranger: Client) -> None:
    vehicle("A", community=1)
    vehicle("B", community=2)

    assert [title for title, _, _ in told(signed_in(person_of(WEST)))] == ["A"]
    assert [title for title, _, _ in told(signed_in(person_of(EAST)))] == ["B"]
    assert stranger.get("/map/vehicles.geojson").status_code == 403
    assert stranger.get("/map/inside/vehicles/", CIRCLE).status_code == 403


def test_the_number_of_the_circle_is_its_rows(city: City, dispatcher: Client) -> None:
    for number in range(3):
        vehicle(f"A{number}")
    vehicle("B", community=2)
    panel = dispatcher.get("/map/inside/", CIRCLE)
    page = dispatcher.get("/map/inside/vehicles/", CIRCLE)

    assert {kind: n for kind, _, n in panel.context["found"]}["vehicles"] == 3
    assert page.context["count"] == len(page.context["vehicles"]) == 3
    assert page.content.decode().count('data-label="编号"') == 3


@pytest.mark.parametrize("path", ["/map/vehicles.geojson", "/map/inside/vehicles/"])
def test_three_take_no_more_statements_than_one(city: City, dispatcher: Client, path: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            assert dispatcher.get(path, CIRCLE).status_code == 200
        return len(found)

    vehicle("A")
    statements()
    one = statements()
    vehicle("B")
    vehicle("C")
    assert statements() == one

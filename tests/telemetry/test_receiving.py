"""Positions: newest wins, what comes twice or late moves nothing, a wrong row stops the batch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chengguan.audit.models import Entry
from chengguan.core.coordinates import CRS, convert
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.registry.enums import VehicleState
from chengguan.telemetry.domain.pruning import prune
from chengguan.telemetry.domain.receiving import Received, receive
from chengguan.telemetry.models import Latest, Position

from .fleet import EAST, WEST, sender, sent, vehicle

if TYPE_CHECKING:
    from factories import City

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def faults(error: Invalid) -> list[tuple[Any, Any]]:
    return [(line["row"], line["field"]) for line in error.problem()["errors"]]


def test_the_newest_position_stands_and_all_are_history(city: City) -> None:
    vehicle()
    now = timezone.now()
    batch = [sent(now - MINUTE, community=2, speed=20.5, heading=90), sent(now - 2 * MINUTE)]

    assert receive(sender(), batch, now) == Received(2, 2, 1)
    latest = Latest.objects.get()
    assert (latest.at, latest.point) == (now - MINUTE, factories.inside(2))
    assert (latest.speed, latest.heading) == (20.5, 90)
    assert latest.area_code.startswith(EAST)
    assert Position.objects.count() == 2
    assert Entry.objects.filter(action="telemetry.positions").count() == 1


def test_what_comes_twice_or_late_moves_nothing(city: City) -> None:
    vehicle()
    now, who = timezone.now(), sender()
    receive(who, [sent(now, community=2)], now)

    assert receive(who, [sent(now, community=1)], now) == Received(1, 0, 0)
    assert receive(who, [sent(now - MINUTE, community=1)], now) == Received(1, 1, 0)
    assert (Latest.objects.get().at, Latest.objects.get().point) == (now, factories.inside(2))


def test_of_two_about_one_instant_the_first_stands(city: City) -> None:
    vehicle()
    now = timezone.now()

    assert receive(sender(), [sent(now, community=2), sent(now)], now) == Received(2, 1, 1)
    assert Latest.objects.get().point == Position.objects.get().point == factories.inside(2)


def test_a_shifted_place_is_converted_once(city: City) -> None:
    vehicle()
    vehicle("QS-2")
    now = timezone.now()
    lon, lat = convert(*factories.inside(1), CRS.CGCS2000, CRS.GCJ02)
    receive(sender(), [sent(now, lon=lon, lat=lat, crs=CRS.GCJ02), sent(now, "QS-2")], now)

    first, second = Latest.objects.order_by("vehicle__code")
    assert first.point == pytest.approx(factories.inside(1), abs=1e-6)
    assert second.point == factories.inside(1)


def test_each_wrong_row_is_named_and_nothing_is_written(city: City) -> None:
    vehicle()
    vehicle("QS-2", state=VehicleState.REPAIR)
    vehicle("QS-3", valid_to=factories.SINCE)
    now = timezone.now()
    batch = [
        sent(now),
        sent(now, "NONE"),
        sent(now, "QS-2"),
        sent(now, "QS-3"),
        sent(now + 6 * MINUTE),
        sent(now - timedelta(days=32)),
        sent(now, lon=100.0, lat=30.0),
        sent(now + 4 * MINUTE),
    ]
    with pytest.raises(Invalid) as caught:
        receive(sender(), batch, now)

    assert faults(caught.value) == [
        (2, "vehicle"), (3, "vehicle"), (4, "vehicle"), (5, "at"), (6, "at"), (7, "lon"),
    ]  # fmt: skip
    assert all(line["mend"] for line in caught.value.problem()["errors"])
    assert (Latest.objects.count(), Position.objects.count()) == (0, 0)


def test_who_sends_for_another_area_knows_no_vehicle_of_this(city: City) -> None:
    vehicle(area_code=WEST)
    now = timezone.now()
    with pytest.raises(Invalid) as caught:
        receive(sender(EAST), [sent(now)], now)

    assert caught.value.message == "没有车辆“QS-1”。"
    assert receive(sender(WEST), [sent(now)], now).moved == 1


def test_a_stranger_sends_nothing(city: City) -> None:
    vehicle()
    now = timezone.now()
    for post in ("dispatcher", "keeper"):
        with pytest.raises(NotAllowed):
            receive(city.principal(post), [sent(now)], now)


def test_three_vehicles_take_no_more_statements_than_one(city: City) -> None:
    codes = ["QS-1", "QS-2", "QS-3"]
    for code in codes:
        vehicle(code)
    now, who = timezone.now(), sender()
    receive(who, [sent(now - MINUTE)], now)

    def statements(rows: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            receive(who, [sent(now + rows * MINUTE, code) for code in codes[:rows]], now)
        return len(found)

    assert statements(1) == statements(3)


def test_positions_are_forgotten_after_thirty_days(city: City) -> None:
    vehicle()
    vehicle("QS-2")
    now, who = timezone.now(), sender()
    receive(who, [sent(now - timedelta(days=29)), sent(now - timedelta(days=10), "QS-2")], now)

    assert prune(now) == 0
    assert prune(now + timedelta(days=5)) == 1
    assert Latest.objects.get().vehicle.code == Position.objects.get().vehicle.code == "QS-2"

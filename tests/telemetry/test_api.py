"""`POST /api/v1/positions` over HTTP: a token, a key, refusals as problem+json."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from api.callers import Caller, caller
from django.utils import timezone

from chengguan.telemetry.models import Latest, Position

from .fleet import body, gateway, vehicle

if TYPE_CHECKING:
    from factories import City

pytestmark = pytest.mark.django_db


def test_a_batch_under_one_key_is_done_once(city: City) -> None:
    vehicle()
    us, now = caller(gateway()), timezone.now()
    key = {"Idempotency-Key": "b1"}
    first = us.post("/positions", body(now, "QS-1"), **key)
    again = us.post("/positions", body(now, "QS-1"), **key)
    other = us.post("/positions", body(now - timedelta(minutes=1), "QS-1"), **key)

    assert (first.status_code, first.json()) == (200, {"received": 1, "added": 1, "moved": 1})
    assert again.json() == first.json()
    assert other.status_code == 409
    assert Position.objects.count() == 1


def test_a_wrong_row_is_told_as_a_problem(city: City) -> None:
    vehicle()
    answer = caller(gateway()).post("/positions", body(timezone.now(), "QS-1", "QS-9"))

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [
        {
            "row": 2,
            "field": "vehicle",
            "message": "没有车辆“QS-9”。",
            "mend": "请先在作业车辆台账中登记。",
        }
    ]
    assert Latest.objects.count() == 0


def test_only_the_gateway_may_send(city: City) -> None:
    vehicle()
    sent = body(timezone.now(), "QS-1")

    assert Caller("").post("/positions", sent).status_code == 401
    assert caller(city.people["dispatcher"]).post("/positions", sent).status_code == 403
    assert caller(factories.stranger()).post("/positions", sent).status_code == 403


def test_a_batch_has_an_end(city: City) -> None:
    vehicle()
    us, now = caller(gateway()), timezone.now()

    assert us.post("/positions", body(now, *["QS-1"] * 5_001)).status_code == 422
    assert us.post("/positions", body(now, *["QS-1"] * 5_000)).json()["added"] == 1
    assert us.post("/positions", body(now, "QS-1", driver="张三")).status_code == 422

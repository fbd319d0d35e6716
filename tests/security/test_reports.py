"""When a report came in is ours to say, not the sender's; its own time must be a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from api.callers import Caller
from django.db import connection
from django.utils import timezone
from factories import inside

from chengguan.cases.models import Case

pytestmark = pytest.mark.django_db

Api = Callable[[str], Caller]


def body(**changes: Any) -> dict[str, Any]:
    lon, lat = inside()
    return {"text": "垃圾", "lon": lon, "lat": lat, **changes}


def _sequences() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'cases_number_%%'")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("at", ["2015-03-02T08:00:00+08:00", "2011-01-01T08:00:00+08:00"])
def test_a_batch_can_not_set_the_clock_of_its_cases(api: Api, at: str) -> None:
    api("acceptor").post("/reports", body(key="first"))
    before, begun = _sequences(), timezone.now()
    answer = api_acceptor_batch(api, at)
    assert answer.json()["accepted"] == 1
    case = Case.objects.latest("opened_at")
    assert begun <= case.opened_at <= timezone.now()
    assert case.number[6:14] == f"{timezone.localtime(begun):%Y%m%d}"
    assert _sequences() == before


def api_acceptor_batch(api: Api, at: str) -> Any:
    from api.callers import Caller

    return Caller("raw-" + _username()).post("/reports/batch", {"reports": [body(at=at)]})


def _username() -> str:
    from chengguan.accounts.models import ApiToken

    return str(ApiToken.objects.get().user.username)


@pytest.mark.parametrize("days", [-60_000, 2])
def test_a_report_from_the_future_or_from_legend_is_refused(api: Api, days: int) -> None:
    at = (timezone.now() + timedelta(days=days)).isoformat()
    answer = api("acceptor").post("/reports", body(at=at))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")


def test_a_time_before_all_time_is_refused(api: Api) -> None:
    answer = api("acceptor").post("/reports", body(at="0001-01-01T00:00:00+14:00"))
    assert answer.status_code == 422
    assert Case.objects.count() == 0

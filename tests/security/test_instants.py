"""Times at the ends of the calendar and with offsets of no country: refused or read, never a 500."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from api.callers import Caller
from cases.town import Town
from factories import inside

pytestmark = pytest.mark.django_db

Api = Callable[[str], Caller]
ODD = "2026-03-02T08:00:00+21:29"
ENDS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]


@pytest.mark.parametrize("name", ["opened_from", "closed_to", "due_before"])
@pytest.mark.parametrize(("at", "status"), [(ODD, 200), *((end, 422) for end in ENDS)])
def test_a_filter(api: Api, name: str, at: str, status: int) -> None:
    assert api("acceptor").get("/cases", **{name: at}).status_code == status


def test_a_report(api: Api) -> None:
    lon, lat = inside()
    answer = api("acceptor").post("/reports", {"text": "垃圾", "lon": lon, "lat": lat, "at": ODD})
    assert answer.status_code == 201


@pytest.mark.parametrize(("at", "status"), [(ODD, 200), *((end, 422) for end in ENDS)])
def test_a_question_whose_duty_it_is(api: Api, at: str, status: int) -> None:
    asked = {"kind": "matter", "matter_code": "01001", "area_code": "310115", "at": at}
    assert api("acceptor").get("/registry/resolve", **asked).status_code == status


def test_a_term(api: Api, town: Town) -> None:
    case = town.walk(town.report(), "file")
    data = {"reason": "请办", "ground": "leader", "answer_by": "2099-01-01T00:00:00+21:29"}
    body = {"verb": "ask_oversight", "data": data}
    assert api("leader").post(f"/cases/{case.number}/act", body).status_code == 200

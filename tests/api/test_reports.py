"""Reports over the API."""

from __future__ import annotations

from typing import Any

import pytest
from cases.town import Town
from factories import inside

from chengguan.cases.models import Case, Report

from .callers import Caller

pytestmark = pytest.mark.django_db


def body(**changes: Any) -> dict[str, Any]:
    lon, lat = inside()
    return {"source": "hotline", "text": "路口垃圾", "lon": lon, "lat": lat, "key": "a-1"} | changes


def test_a_report_becomes_a_case(acceptor: Caller) -> None:
    answer = acceptor.post("/reports", body())
    assert answer.status_code == 201
    case = Case.objects.get()
    assert answer.json() == {
        "report_id": Report.objects.get().pk,
        "case_id": case.pk,
        "number": case.number,
        "created": True,
    }
    assert case.state == "reported"


def test_the_same_key_again_is_the_same_report(acceptor: Caller) -> None:
    first = acceptor.post("/reports", body())
    again = acceptor.post("/reports", body())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"created": False}
    assert Report.objects.count() == 1


def test_the_key_may_come_in_the_header(acceptor: Caller) -> None:
    plain = body()
    del plain["key"]
    first = acceptor.post("/reports", plain, **{"Idempotency-Key": "h-1"})
    again = acceptor.post("/reports", plain, **{"Idempotency-Key": "h-1"})
    assert again.json()["number"] == first.json()["number"]


def test_two_clients_may_use_one_key(acceptor: Caller, dispatcher: Caller, town: Town) -> None:
    first = acceptor.post("/reports", body())
    refused = dispatcher.post("/reports", body())
    assert first.status_code == 201
    assert refused.status_code == 403


def test_a_stranger_and_nobody_are_refused(charlie: Caller, nobody: Caller) -> None:
    assert charlie.post("/reports", body()).status_code == 403
    answer = nobody.post("/reports", body())
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert Report.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": "rumour"}, "source"),
        ({"lon": 200}, "lon"),
        ({"lat": "north"}, "lat"),
        ({"text": "x" * 5001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"at": "2026-03-02T08:00:00"}, "at"),
        ({"unknown": 1}, "unknown"),
        ({"raw": {"a": "\x00"}}, "raw"),
        ({"raw": {"a": 2**70}}, "raw"),
        ({"uploads": ["no"]}, "uploads.0"),
    ],
)
def test_bad_input_names_the_field(acceptor: Caller, changes: dict[str, Any], field: str) -> None:
    answer = acceptor.post("/reports", body(**changes))
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert Report.objects.count() == 0


def test_a_point_outside_the_city_is_refused_with_the_mend(acceptor: Caller) -> None:
    answer = acceptor.post("/reports", body(lon=116.4, lat=39.9))
    assert answer.status_code == 422
    assert answer.json()["code"] == "cases.outside_city"
    assert answer.json()["errors"][0]["mend"]


def test_what_is_not_json_is_said_so(acceptor: Caller) -> None:
    answer = acceptor.post("/reports", "{not json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_batch_answers_row_by_row(acceptor: Caller) -> None:
    rows = [body(key="b-1"), body(key="b-2", lon=116.4, lat=39.9), body(key="b-3"), body(key="b-1")]
    answer = acceptor.post("/reports/batch", {"reports": rows})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["accepted"], found["refused"]) == (3, 1)
    assert [row["row"] for row in found["results"]] == [1, 2, 3, 4]
    assert found["results"][1]["error"]["code"] == "cases.outside_city"
    assert found["results"][3]["taken"]["created"] is False
    assert Case.objects.count() == 2


def test_a_batch_sent_again_adds_nothing(acceptor: Caller) -> None:
    rows = [{k: v for k, v in body().items() if k != "key"} for _ in range(3)]
    key = {"Idempotency-Key": "batch-1"}
    first = acceptor.post("/reports/batch", {"reports": rows}, **key).json()
    again = acceptor.post("/reports/batch", {"reports": rows}, **key).json()
    assert [row["taken"]["number"] for row in again["results"]] == [
        row["taken"]["number"] for row in first["results"]
    ]
    assert Case.objects.count() == 3


def test_a_batch_is_bounded(acceptor: Caller) -> None:
    answer = acceptor.post("/reports/batch", {"reports": [{"text": "a"}] * 5001})
    assert answer.status_code == 422

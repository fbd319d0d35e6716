"""Cases over the API: lists, one case, and the verbs."""

from __future__ import annotations

import pytest
from cases.town import Town
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chengguan.cases.api.looking import (
    CaseDetail,
    ClockOut,
    EventOut,
    FileOut,
    ReporterOut,
    RequestOut,
)
from chengguan.cases.models import Case
from chengguan.files.models import Attachment, Blob
from chengguan.workflow.models import Event

from .callers import Caller, caller

pytestmark = pytest.mark.django_db


def test_a_list_shows_what_i_may_see(acceptor: Caller, town: Town) -> None:
    case = town.report()
    found = acceptor.get("/cases").json()
    assert [row["number"] for row in found["rows"]] == [case.number]
    assert found["rows"][0]["state_title"] == "待受理"
    assert found["next"] == ""


def test_a_stranger_sees_no_case(charlie: Caller, town: Town) -> None:
    case = town.report()
    assert charlie.get("/cases").json()["rows"] == []
    assert charlie.get(f"/cases/{case.number}").status_code == 404
    assert charlie.get(f"/cases/{case.number}/verbs").status_code == 404
    assert charlie.post(f"/cases/{case.number}/act", {"verb": "urge"}).status_code == 404


def test_pages_follow_one_another(acceptor: Caller, town: Town) -> None:
    made = {town.report().number for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        found = acceptor.get("/cases", size=2, cursor=cursor).json()
        seen += [row["number"] for row in found["rows"]]
        cursor = found["next"]
        if not cursor:
            break
    assert len(seen) == 5
    assert set(seen) == made


def test_a_list_costs_the_same_for_one_row_and_for_three(acceptor: Caller, town: Town) -> None:
    town.report()
    acceptor.get("/cases")
    with CaptureQueriesContext(connection) as one:
        assert len(acceptor.get("/cases").json()["rows"]) == 1
    town.report()
    town.report()
    with CaptureQueriesContext(connection) as three:
        assert len(acceptor.get("/cases").json()["rows"]) == 3
    assert len(one) == len(three)
    assert len(three) <= 8


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "colour"}, "sort"),
        ({"size": 0}, "size"),
        ({"light": "blue"}, "light"),
        ({"opened_from": "yesterday"}, "opened_from"),
    ],
)
def test_a_wrong_filter_names_itself(acceptor: Caller, query: dict[str, str], field: str) -> None:
    answer = acceptor.get("/cases", **query)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


def test_an_unknown_filter_is_not_passed_over(acceptor: Caller, town: Town) -> None:
    answer = acceptor.get("/cases", colour="red")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "colour"


def test_a_wrong_cursor_is_refused(acceptor: Caller, town: Town) -> None:
    answer = acceptor.get("/cases", cursor="bm9uc2Vuc2U")
    assert answer.status_code == 422
    assert answer.json()["code"] == "cases.cursor"


def test_one_case_shows_its_story(acceptor: Caller, town: Town) -> None:
    case = town.walk(town.report(), "file")
    found = acceptor.get(f"/cases/{case.number}").json()
    assert [event["verb"] for event in found["events"]] == ["report", "file"]
    assert [clock["name"] for clock in found["clocks"]] == ["accept", "dispatch"]
    assert found["rule"]["id"] == town.city.rule.pk


def test_what_is_answered_is_what_the_document_says(acceptor: Caller, town: Town) -> None:
    case = town.report(reporter_name="张三")
    town.walk(case, "file", "dispatch", "assign", "ask_extension", "submit_handling")
    blob = Blob.objects.create(sha256="ab" * 32, size=9, media_type="image/jpeg")
    for number, role in ((1, "before"), (2, "after")):
        Attachment.objects.create(
            id=number,
            blob=blob,
            subject_type="case",
            subject_id=case.pk,
            role=role,
            name="照片.jpg",
        )
    found = acceptor.get(f"/cases/{case.number}").json()
    told = CaseDetail.model_validate(found)
    assert set(found) == set(CaseDetail.model_fields)
    for name, shape, count in (
        ("events", EventOut, 6),
        ("clocks", ClockOut, 3),
        ("files", FileOut, 2),
        ("requests", RequestOut, 1),
        ("reporters", ReporterOut, 1),
    ):
        assert len(found[name]) == count, name
        assert all(set(one) == set(shape.model_fields) for one in found[name]), name
    assert [(one.verb, one.at, one.actor) for one in told.events] == list(
        Event.objects.filter(instance_id=case.pk).order_by("seq").values_list("verb", "at", "actor")
    )
    (listed,) = acceptor.get("/cases").json()["rows"]
    assert {name: found[name] for name in listed} == listed


def test_one_case_costs_few_statements(acceptor: Caller, town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "assign")
    acceptor.get(f"/cases/{case.number}")
    with CaptureQueriesContext(connection) as asked:
        acceptor.get(f"/cases/{case.number}")
    assert len(asked) <= 15


def test_verbs_say_what_i_may_and_why_not(acceptor: Caller, town: Town) -> None:
    case = town.report()
    offers = {one["verb"]: one for one in acceptor.get(f"/cases/{case.number}/verbs").json()}
    assert offers["file"]["allowed"] is True
    assert [field["name"] for field in offers["file"]["form"]]
    charlie_like = caller(town.city.people["dispatcher"])
    theirs = {one["verb"]: one for one in charlie_like.get(f"/cases/{case.number}/verbs").json()}
    assert theirs["file"]["allowed"] is False
    assert theirs["file"]["reason"]


def test_filing_over_the_api(acceptor: Caller, town: Town) -> None:
    case = town.report()
    answer = acceptor.post(
        f"/cases/{case.number}/act", {"verb": "file", "data": town.data("file"), "seq": 1}
    )
    assert answer.status_code == 200
    assert answer.json()["state"] == "awaiting_dispatch"
    assert answer.json()["seq"] == 2
    assert Case.objects.get().state == "awaiting_dispatch"


def test_the_wrong_state_is_a_conflict(acceptor: Caller, town: Town) -> None:
    case = town.walk(town.report(), "file")
    answer = acceptor.post(f"/cases/{case.number}/act", {"verb": "file", "data": town.data("file")})
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"


def test_an_old_seq_is_a_conflict(acceptor: Caller, town: Town) -> None:
    case = town.walk(town.report(), "file")
    answer = acceptor.post(f"/cases/{case.number}/act", {"verb": "urge", "seq": 1})
    assert answer.json()["code"] == "cases.moved"
    assert answer.status_code == 409


def test_the_wrong_post_is_refused(dispatcher: Caller, town: Town) -> None:
    case = town.report()
    answer = dispatcher.post(
        f"/cases/{case.number}/act", {"verb": "file", "data": town.data("file")}
    )
    assert answer.status_code == 403
    assert Case.objects.get().state == "reported"


def test_an_act_with_a_key_is_done_once(acceptor: Caller, town: Town) -> None:
    case = town.report()
    body = {"verb": "file", "data": town.data("file")}
    key = {"Idempotency-Key": "act-1"}
    first = acceptor.post(f"/cases/{case.number}/act", body, **key)
    again = acceptor.post(f"/cases/{case.number}/act", body, **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    other = acceptor.post(f"/cases/{case.number}/act", {"verb": "urge"}, **key)
    assert other.status_code == 409

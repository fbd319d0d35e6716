"""Verbs that are not offered can't be had by asking for them; evidence is a file, not a word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from api.callers import Caller
from cases.town import PHOTO, Town
from factories import organisation, post, user

from chengguan.audit.models import Entry
from chengguan.cases.models import Case
from chengguan.core.errors import DomainError

pytestmark = pytest.mark.django_db

Api = Callable[[str], Caller]


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("absorb", {"case": 1, "reports": 1000}),
        ("release", {"case": 1, "reports": 1000}),
        ("close_with_main", {}),
    ],
)
def test_a_verb_of_the_system_is_refused_and_audited(
    api: Api, town: Town, verb: str, data: dict[str, int]
) -> None:
    case = town.report()
    answer = api("acceptor").post(f"/cases/{case.number}/act", {"verb": verb, "data": data})
    assert (answer.status_code, answer.json()["code"]) == (403, "cases.verb_hidden")
    case.refresh_from_db()
    assert (case.reports, case.state, case.seq) == (1, "reported", 1)
    assert Entry.objects.filter(action=f"case.{verb}", result="refused").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refused_verb_is_one_entry(api: Api, town: Town) -> None:
    case = town.report()
    before = set(Entry.objects.values_list("pk", flat=True))
    body = {"verb": "file", "data": town.data("file")}
    assert api("collector").post(f"/cases/{case.number}/act", body).status_code == 403
    new = Entry.objects.exclude(pk__in=before).values_list("action", "result", "subject_id")
    assert list(new) == [("case.file", "refused", str(case.pk))]


def test_merging_still_moves_both_cases(api: Api, town: Town) -> None:
    main, case = town.report(), town.report()
    body = {"verb": "merge", "data": {"main": main.pk}}
    assert api("acceptor").post(f"/cases/{case.number}/act", body).status_code == 200
    main.refresh_from_db()
    assert main.reports == 2


def test_a_refused_merge_is_audited(api: Api, town: Town) -> None:
    case = town.report()
    body = {"verb": "merge", "data": {"main": case.pk}}
    assert api("acceptor").post(f"/cases/{case.number}/act", body).status_code == 409
    refused = Entry.objects.filter(action="case.merge", result="refused")
    assert [(one.subject_id, one.detail["code"]) for one in refused] == [
        (str(case.pk), "workflow.guard")
    ]


@pytest.mark.parametrize("main", ["²", "9" * 30, True, 2**62])
def test_a_main_case_that_is_none_is_refused(api: Api, town: Town, main: object) -> None:
    case = town.report()
    body = {"verb": "merge", "data": {"main": main}}
    assert api("acceptor").post(f"/cases/{case.number}/act", body).status_code in {404, 422}


def test_photos_that_were_never_uploaded_are_no_evidence(api: Api, town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "assign")
    body = {"verb": "submit_handling", "data": {"photos": [PHOTO], "note": "已清理"}}
    answer = api("handler").post(f"/cases/{case.number}/act", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "photos")
    case.refresh_from_db()
    assert (case.state, case.photos) == ("handling", 0)


def test_only_who_may_handle_here_can_be_chosen_to_handle(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch")
    clerk = user("文员", town.city.unit, post("clerk", "cases.see"))
    with pytest.raises(DomainError, match="处置权限"):
        town.do(case, "assign", case.changed_at + timedelta(minutes=1), handler=clerk.pk)


@pytest.mark.parametrize("kind", ["elsewhere", "no post", "nobody"])
def test_only_who_may_verify_here_can_be_sent_to_verify(town: Town, kind: str) -> None:
    case = town.report()
    person = {
        "elsewhere": lambda: (
            user("外区采集员", organisation("外区"), post("collector"), area_code="310116").pk
        ),
        "no post": lambda: user("闲人", organisation("外单位")).pk,
        "nobody": lambda: 2**40,
    }[kind]()
    with pytest.raises(DomainError, match="核实核查权限"):
        town.do(case, "request_verification", person=person)
    assert Case.objects.get(pk=case.pk).collector_id is None


@pytest.mark.parametrize("answer_by", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_no_page_could_show_is_refused(api: Api, town: Town, answer_by: str) -> None:
    case = town.walk(town.report(), "file")
    data = {"reason": "请尽快", "ground": "leader", "answer_by": answer_by}
    body = {"verb": "ask_oversight", "data": data}
    assert api("leader").post(f"/cases/{case.number}/act", body).status_code == 422


def test_a_component_code_too_long_for_its_column_is_refused(api: Api, town: Town) -> None:
    case = town.report()
    body = {"verb": "amend", "data": {"component": "1" * 18}}
    assert api("acceptor").post(f"/cases/{case.number}/act", body).status_code == 422

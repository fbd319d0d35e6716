"""Who looked at a reporter's name and number is written down (个人信息保护法 art. 51)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from api.callers import Caller, caller
from cases.town import Town
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import inside, post, user
from page_clients import signed_in

from chengguan.audit.models import Entry
from chengguan.cases import disclosure
from chengguan.cases.models import Report

pytestmark = pytest.mark.django_db

ACTION = "case.reporter_seen"
Page = Callable[[str], Client]
Api = Callable[[str], Caller]


@pytest.fixture(autouse=True)
def nobody_looked_yet() -> None:
    disclosure.forget()


def seen() -> list[tuple[int | None, str, list[int]]]:
    rows = Entry.objects.filter(action=ACTION).order_by("id")
    return [(one.actor_id, one.subject_id, one.detail["reports"]) for one in rows]


@pytest.mark.parametrize("name", ["甲", ""])
def test_the_page_notes_who_saw_whose_name(page: Page, town: Town, name: str) -> None:
    case = town.report(reporter_name=name, reporter_phone="13800000000")
    report = _report(case.pk)
    assert "13800000000" in page("acceptor").get(f"/cases/{case.number}/").content.decode()
    assert seen() == [(town.person("acceptor"), str(case.pk), [report])]
    entry = Entry.objects.get(action=ACTION)
    assert (entry.subject_type, entry.post, entry.result) == ("case", "acceptor", "done")
    assert entry.detail == {"number": case.number, "reports": [report]}


def test_the_api_notes_who_saw_whose_name(api: Api, town: Town) -> None:
    case = town.report(reporter_phone="13800000000")
    found = api("acceptor").get(f"/cases/{case.number}").json()["reporters"]
    assert [one["phone"] for one in found] == ["13800000000"]
    assert seen() == [(town.person("acceptor"), str(case.pk), [_report(case.pk)])]


def test_what_is_hidden_or_empty_is_not_noted(page: Page, api: Api, town: Town) -> None:
    named = town.report(reporter_name="甲")
    lon, lat = inside(2)
    nameless = town.report(lon=lon, lat=lat)
    assert page("dispatcher").get(f"/cases/{named.number}/").status_code == 200
    assert page("acceptor").get(f"/cases/{nameless.number}/").status_code == 200
    hidden = api("dispatcher").get(f"/cases/{named.number}").json()["reporters"]
    assert [(one["name"], one["hidden"]) for one in hidden] == [("", True)]
    assert api("acceptor").get(f"/cases/{nameless.number}").status_code == 200
    assert seen() == []


def test_only_the_reports_that_were_open_are_named(town: Town) -> None:
    main = town.report(reporter_name="甲")
    lon, lat = inside(2)
    far = town.report(lon=lon, lat=lat, reporter_name="乙")
    own = _report(main.pk)
    town.do(far, "merge", main=main.pk)
    west = user("西区受理员", town.city.centre, post("acceptor"), area_code=main.area_code[:12])
    signed_in(west).get(f"/cases/{main.number}/")
    disclosure.forget()
    caller(west).get(f"/cases/{main.number}")
    assert seen() == [(west.pk, str(main.pk), [own])] * 2


@pytest.mark.django_db(transaction=True)
def test_a_second_look_within_ten_minutes_is_the_same_look(town: Town) -> None:
    case = town.report(reporter_name="甲")
    acceptor = signed_in(town.city.people["acceptor"])
    url = f"/cases/{case.number}/"
    with time_machine.travel("2026-03-02T09:00:00+08:00", tick=False) as clock:
        for minutes, expected in [(0, 1), (9, 1), (2, 2), (1, 2)]:
            clock.shift(timedelta(minutes=minutes))
            acceptor.get(url)
            assert len(seen()) == expected


@pytest.mark.django_db(transaction=True)
def test_a_report_that_came_since_is_another_look(town: Town) -> None:
    main = town.report(reporter_name="甲")
    acceptor = signed_in(town.city.people["acceptor"])
    acceptor.get(f"/cases/{main.number}/")
    double = town.report(reporter_name="乙")
    reports = [_report(main.pk), _report(double.pk)]
    town.do(double, "merge", main=main.pk)
    acceptor.get(f"/cases/{main.number}/")
    assert [ids for _, _, ids in seen()] == [reports[:1], reports]


@pytest.mark.django_db(transaction=True)
def test_another_person_and_another_case_are_other_looks(town: Town) -> None:
    one, two = town.report(reporter_name="甲"), town.report(reporter_name="乙")
    second = user("受理员乙", town.city.centre, post("acceptor"))
    for client in (signed_in(town.city.people["acceptor"]), signed_in(second)):
        for case in (one, two):
            client.get(f"/cases/{case.number}/")
    assert len({(who, case) for who, case, _ in seen()}) == len(seen()) == 4


def test_a_look_that_was_rolled_back_does_not_hide_the_next(town: Town) -> None:
    case, who = town.report(reporter_name="甲"), town.who("acceptor")
    with transaction.atomic():
        disclosure.note_seen(case, who, [1])
        transaction.set_rollback(True)
    disclosure.note_seen(case, who, [1])
    assert seen() == [(who.user_id, str(case.pk), [1])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", ["page", "api"])
def test_a_disclosure_costs_one_statement_once(town: Town, page: Page, api: Api, door: str) -> None:
    case = town.report(reporter_name="甲")
    who: Callable[[str], Client | Caller] = page if door == "page" else api
    path = f"/cases/{case.number}" + ("/" if door == "page" else "")
    acceptor, dispatcher = who("acceptor"), who("dispatcher")
    with time_machine.travel("2026-03-02T09:00:00+08:00", tick=False):
        for one in (acceptor, dispatcher):
            one.get(path)
        repeated, nothing = _fewest(acceptor, path), _fewest(dispatcher, path)
        first = _fewest(acceptor, path, disclosure.forget)
    audited = [one for one in first if "audit_entry" in one]
    assert (len(first), len(audited)) == (len(repeated) + 1, 1)
    assert [one for one in repeated + nothing if "audit_entry" in one] == []


@pytest.mark.django_db(transaction=True)
def test_a_look_through_the_other_door_is_the_same_look(town: Town, page: Page, api: Api) -> None:
    case = town.report(reporter_name="甲")
    page("acceptor").get(f"/cases/{case.number}/")
    api("acceptor").get(f"/cases/{case.number}")
    assert len(seen()) == 1


def _fewest(
    one: Client | Caller, path: str, before: Callable[[], object] = lambda: None
) -> list[str]:
    """Give the least of three: a second may pass between two, and then revisions are asked anew."""
    found = []
    for _ in range(3):
        before()
        found.append(_statements(one, path))
    return min(found, key=len)


def _statements(one: Client | Caller, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert one.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def _report(case_id: int) -> int:
    return Report.objects.get(case_id=case_id).pk

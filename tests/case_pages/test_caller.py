"""Who rings again is found by number: by who may know reporters, where he may, and not without end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import factories
import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from page_clients import fewest, signed_in

from chengguan.accounts.domain.principal import principal_of
from chengguan.audit.models import Entry
from chengguan.cases.domain.seeking_caller import (
    _SAME_END,
    IN_TEN_MINUTES,
    cases_of_caller,
    digits_of,
)
from chengguan.core.errors import Invalid, NotAllowed

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

    from chengguan.cases.models import Case

pytestmark = pytest.mark.django_db
PHONE, URL = "13800005678", "/cases/caller/"


@pytest.fixture
def city(db: None) -> City:
    made = factories.working_city()
    post = factories.post("knower", "cases.see", "cases.accept", "cases.report", "cases.personal")
    made.people["knower"] = factories.user(
        "受理长", made.centre, post, username="knower", area_code=factories.DISTRICT
    )
    return made


@pytest.fixture
def knower(city: City) -> Client:
    return signed_in(city.people["knower"])


def rang(phone: str = PHONE, name: str = "王女士", **more: Any) -> Case:
    made: Case = factories.report(
        source="hotline", reporter_name=name, reporter_phone=phone, **more
    )
    return made


def ask(client: Client, phone: str, name: str = "") -> Any:
    return client.post(URL, {"reporter_phone": phone, "reporter_name": name})


def numbers(answer: Any) -> list[str]:
    return [one.row.number for one in answer.context["found"].made]


def test_the_same_number_in_any_spelling(city: City, knower: Client) -> None:
    first, second = rang("138-0000 5678"), rang("+86 13800005678", "王桂兰")
    rang("13911115678", "李四")
    rang("", "匿名")
    for spelling in (PHONE, "138 0000 5678", "008613800005678"):
        assert numbers(ask(knower, spelling)) == [second.number, first.number]
    page = ask(knower, PHONE)
    assert "尾号 5678" in page.content.decode()
    assert PHONE not in page.content.decode().replace('value="13800005678"', "")
    assert page["Cache-Control"].startswith("max-age=0")


def test_there_may_be_more_where_many_end_alike(
    city: City, knower: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rang()
    for other in ("13911110000", "13911120000"):
        rang(other.replace("0000", PHONE[-4:]), "别人")
    monkeypatch.setattr("chengguan.cases.domain.seeking_caller.LOOKED_AT", 2)
    assert cases_of_caller(city.principal("acceptor"), PHONE).more is True


def test_four_digits_want_a_name(city: City, knower: Client) -> None:
    mine = rang()
    rang("13911115678", "李四")
    assert numbers(ask(knower, "5678", "王")) == [mine.number]
    for wrong in (("5678", ""), ("567", "王"), ("", "王"), ("１３８", "王"), ("x", "x")):
        answer = ask(knower, *wrong)
        assert (answer.status_code, "末四位" in answer.content.decode()) == (422, True)


def test_strangers_and_those_without_the_right_find_nothing(city: City, knower: Client) -> None:
    case = rang()
    far = factories.user(
        "邻区受理长",
        city.centre,
        factories.post("knower", "cases.see"),
        username="far",
        area_code="310116",
    )
    assert numbers(ask(signed_in(far), PHONE)) == []
    for who in (city.people["unit"], factories.stranger()):
        client = signed_in(who)
        assert client.get(URL).status_code == 403
        assert ask(client, PHONE).status_code == 403
        with pytest.raises(NotAllowed):
            cases_of_caller(principal_of(who), PHONE)
    assert numbers(ask(knower, PHONE)) == [case.number]


def test_every_question_and_everybody_shown_is_in_the_audit(city: City, knower: Client) -> None:
    case = rang()
    ask(knower, PHONE)
    ask(knower, "13912340000")
    sought = Entry.objects.filter(action="case.reporter_sought").order_by("id")
    assert [one.detail for one in sought] == [
        {"last_four": "5678", "by_name": False, "found": 1},
        {"last_four": "0000", "by_name": False, "found": 0},
    ]
    seen = Entry.objects.get(action="case.reporter_seen")
    assert (seen.subject_id, seen.actor_id) == (str(case.pk), city.people["knower"].pk)
    assert PHONE not in str(list(Entry.objects.values_list("detail", "subject_id")))


def test_it_is_asked_by_post_alone(city: City, knower: Client) -> None:
    rang()
    page = knower.get(URL, {"reporter_phone": PHONE})
    assert (page.status_code, "found" in page.context) == (200, False)
    assert not Entry.objects.filter(action="case.reporter_sought").exists()


def test_the_page_of_a_call_asks_for_a_fragment(city: City, knower: Client) -> None:
    case = rang()
    assert URL in knower.get("/cases/call/").content.decode()
    post = factories.post("typist", "cases.see", "cases.accept", "cases.report")
    typist = factories.user("记录员", city.centre, post, area_code=factories.DISTRICT)
    assert URL not in signed_in(typist).get("/cases/call/").content.decode()
    headers = {"HX-Request": "true"}
    answer = knower.post(URL, {"reporter_phone": PHONE, "text": "占道"}, headers=headers)
    assert answer.content.decode().startswith('<div class="table-wrap"')
    assert case.number in answer.content.decode()
    refused = knower.post(URL, {"reporter_phone": "5678"}, headers=headers).content.decode()
    assert "末四位加姓名" in refused


def test_guessing_on_is_refused_and_fills_no_log(city: City, knower: Client) -> None:
    rang()
    answers = [ask(knower, "1234", "王").status_code for _ in range(IN_TEN_MINUTES + 5)]
    assert answers == [200] * IN_TEN_MINUTES + [429] * 5
    entries = Entry.objects.filter(action="case.reporter_sought")
    assert sorted(entries.values_list("result", flat=True)) == ["done"] * IN_TEN_MINUTES + [
        "refused"
    ]
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        again = signed_in(city.people["knower"])
        assert ask(again, "1234", "王").status_code == 200


def test_one_and_three_cost_the_same(city: City) -> None:
    who = principal_of(city.people["knower"])
    rang()
    one = fewest(lambda: len(cases_of_caller(who, PHONE).made) == 1)
    rang()
    rang()
    assert fewest(lambda: len(cases_of_caller(who, PHONE).made) == 3) == one


def test_the_index_is_used_and_tells_no_number(city: City) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM cases_report WHERE {_SAME_END}", ["5678"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'cases_report_caller'")
        [definition] = cursor.fetchone()
    assert "cases_report_caller" in plan
    assert "USING hash" in definition


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("+86 138-0000-5678", "13800005678"),
        ("8613800005678", "13800005678"),
        ("(021) 5800 1234", "02158001234"),
        ("86021580012", "86021580012"),
        ("5678", "5678"),
        ("一三八", ""),
    ],
)
def test_digits(said: str, digits: str) -> None:
    assert digits_of(said) == digits


def test_the_domain_refuses_what_is_no_number(city: City) -> None:
    with pytest.raises(Invalid):
        cases_of_caller(principal_of(city.people["knower"]), "5678", "  ")

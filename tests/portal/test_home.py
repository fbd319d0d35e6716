"""Home: my queues with time left, my cases, notices; pages for what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in, statements

from chengguan.cases.domain.acting import act
from chengguan.store import cache

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
#: One of them counts the requests to decide.
QUERIES = 10


def test_my_queues_hold_what_waits_for_me(city: City) -> None:
    one, two = factories.report(), factories.report(source="video")
    act(two, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    found = {
        who: [
            (queue.state, queue.count)
            for queue in signed_in(city.people[who]).get("/").context["mine"]
        ]
        for who in ("acceptor", "dispatcher", "unit", "handler", "collector")
    }
    assert found == {
        "acceptor": [("reported", 1)],
        "dispatcher": [("awaiting_dispatch", 1)],
        "unit": [],
        "handler": [],
        "collector": [],
    }
    act(two, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    units = [signed_in(city.people[who]).get("/").context["waiting"] for who in ("unit", "other")]
    assert units == [1, 0]
    page = signed_in(city.people["acceptor"]).get("/")
    assert [row.number for row in page.context["work"]] == [one.number]


def test_handler_has_what_he_was_given(city: City) -> None:
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    act(case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
    page = signed_in(city.people["handler"]).get("/")
    assert [row.number for row in page.context["work"]] == [case.number]


def test_home_costs_the_same_for_one_and_three(city: City) -> None:
    client = signed_in(city.people["acceptor"])
    factories.report()
    one = statements(client, "/")
    factories.report()
    factories.report()
    assert (one, statements(client, "/")) == (QUERIES, QUERIES)


def test_stranger_has_an_empty_home(stranger: Client) -> None:
    page = stranger.get("/")
    assert (page.status_code, page.context["sees"], page.context["mine"]) == (200, False, [])
    assert "/cases/" not in page.content.decode()


def test_nobody_is_sent_to_sign_in(client: Client, city: City) -> None:
    assert client.get("/").headers["Location"] == "/login/?next=/"


def test_about_names_the_sources_to_everybody(client: Client, db: None) -> None:
    page = client.get("/about/")
    assert page.status_code == 200
    assert "Apache-2.0" in page.content.decode()


def test_unknown_address_says_what_to_do(keeper: Client) -> None:
    page = keeper.get("/nowhere/")
    assert page.status_code == 404
    assert "回到首页" in page.content.decode()


def test_every_page_carries_the_policy(keeper: Client) -> None:
    answer = keeper.get("/")
    assert answer["Content-Security-Policy"].startswith(
        "default-src 'self'; script-src 'self' 'nonce-"
    )
    assert 'style="' not in answer.content.decode()
    assert "onclick" not in answer.content.decode()


def test_an_open_home_is_sent_what_changes_on_it(city: City) -> None:
    client = signed_in(city.people["acceptor"])
    headers = {"hx-request": "true", "x-background": "1"}
    first = client.get("/", headers=headers)
    assert "没有等您办理的案件" in first.content.decode()
    again = client.get("/", headers={**headers, "if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    case = factories.report()
    cache.forget()
    later = client.get("/", headers={**headers, "if-none-match": first["ETag"]})
    words = later.content.decode()
    assert (later.status_code, case.number in words) == (200, True)
    assert "有 1 件等您办理" in words.partition("</h1>")[0]
    # The frame isn't sent again, and another's home is his own.
    assert "<nav" not in words
    assert (
        case.number not in signed_in(city.people["unit"]).get("/", headers=headers).content.decode()
    )

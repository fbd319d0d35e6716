"""What open lists fetch after news: one drawing for all who see the same, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from page_clients import signed_in

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.cases.columns import choose
from chengguan.cases.scoping import alike
from chengguan.store import cache

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
EAST = f"{factories.STREET}002"


def asked(client: Client, query: str = "", **headers: str) -> HttpResponse:
    """Ask as an open page does after news."""
    found = {"hx-request": "true", "x-background": "1"} | headers
    return client.get(f"/cases/{query}", headers=found)  # type: ignore[return-value]


def colleague(city: City, *posts: str, area_code: str = "", name: str = "乙") -> Client:
    held = [factories.post(one) for one in posts or ("acceptor",)]
    return signed_in(factories.user(name, city.centre, *held, area_code=area_code))


def test_colleagues_are_given_one_drawing(city: City) -> None:
    case = factories.report()
    one = signed_in(city.people["acceptor"])
    two = colleague(city)
    two.get("/cases/")
    first = asked(one)
    assert case.number in first.content.decode()
    with CaptureQueriesContext(connection) as captured:
        second = asked(two)
    assert second.content == first.content
    assert not [one for one in captured if "cases_case" in one["sql"]]


def test_a_page_that_has_it_is_sent_only_the_instant(city: City) -> None:
    factories.report()
    one = signed_in(city.people["acceptor"])
    first = asked(one)
    again = asked(one, **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["X-Kept"]) == (304, b"", "0.5")
    cache.forget()
    later = asked(one, **{"if-none-match": first["ETag"]})
    assert later.status_code == 304
    assert later["X-Counted"] > first["X-Counted"]
    case = factories.report()
    cache.forget()
    changed = asked(one, **{"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert case.number in changed.content.decode()


def test_who_sees_less_is_never_given_anothers(city: City) -> None:
    west = factories.report()
    whole = signed_in(city.people["acceptor"])
    narrow = colleague(city, area_code=EAST)
    assert west.number in asked(whole).content.decode()
    assert west.number not in asked(narrow).content.decode()
    assert asked(signed_in(factories.stranger())).status_code == 403


def test_what_waits_for_one_is_not_anothers(city: City) -> None:
    case = factories.report()
    both = factories.post("acceptor")
    seeing = factories.post("seeing", Capability.SEE_CASES)
    worker = signed_in(factories.user("甲", city.centre, both))
    viewer = signed_in(factories.user("乙", city.centre, seeing))
    assert case.number in asked(worker, "?mine=1").content.decode()
    assert case.number not in asked(viewer, "?mine=1").content.decode()


def test_who_may_do_less_is_not_given_anothers(city: City) -> None:
    def of(post: str) -> Principal:
        return principal_of(factories.user("丁", city.centre, factories.post(post)))

    assert alike(of("acceptor")) == alike(of("acceptor"))
    assert alike(of("acceptor")) != alike(of("dispatcher"))


def test_ones_own_columns_are_ones_own(city: City) -> None:
    factories.report()
    one = signed_in(city.people["acceptor"])
    plain = asked(one).content.decode()
    other = factories.user("丙", city.centre, factories.post("acceptor"))
    choose(principal_of(other), "listed", ["number", "address"])
    cache.forget()
    assert asked(signed_in(other)).content.decode() != plain


def test_who_acts_sees_his_own_act_at_once(city: City) -> None:
    one = signed_in(city.people["acceptor"])
    asked(one)
    case = factories.report()
    assert case.number in one.get("/cases/", headers={"hx-request": "true"}).content.decode()


def test_wrong_filters_are_refused(city: City) -> None:
    assert asked(signed_in(city.people["acceptor"]), "?area=abc").status_code == 422

"""Whose reports these are is personal too: others' may be asked for where one may know reporters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api.callers import Caller, caller
from cases.town import SYSTEM, Town
from django.test import Client
from factories import inside, post, user

from chengguan.accounts.domain.principal import principal_of
from chengguan.audit.models import Entry
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case
from chengguan.cases.queries import count_visible, page
from chengguan.core.errors import NotAllowed

pytestmark = pytest.mark.django_db

Api = Callable[[str], Caller]


@pytest.fixture
def reported(town: Town) -> list[Case]:
    """A collector's reports in the west and in the east, and somebody else's."""
    own: dict[str, Any] = {"reporter_id": town.person("collector")}
    lon, lat = inside(2)
    return [town.report(**own), town.report(lon=lon, lat=lat, **own), town.report()]


def numbers(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return sorted(row["number"] for row in answer.json()["rows"])


def test_who_may_know_reporters_finds_theirs(api: Api, town: Town, reported: list[Case]) -> None:
    answer = api("acceptor").get("/cases", reporter=town.person("collector"))
    assert numbers(answer) == sorted(one.number for one in reported[:2])


def test_everybody_finds_his_own(api: Api, town: Town, reported: list[Case]) -> None:
    answer = api("collector").get("/cases", reporter=town.person("collector"))
    assert numbers(answer) == sorted(one.number for one in reported[:2])


@pytest.mark.parametrize("who", ["dispatcher", "leader", "unit", "collector2"])
def test_others_are_refused_and_told_why(
    api: Api, town: Town, reported: list[Case], who: str
) -> None:
    asked = town.person("collector")
    answer = api(who).get("/cases", reporter=asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "cases.by_reporter")
    assert answer.json()["detail"] == "您的岗位不能查询某一个人上报了哪些案件。"
    assert answer.json()["errors"][0]["field"] == "reporter"
    assert "查看举报人信息" in answer.json()["errors"][0]["mend"]
    refused = Entry.objects.filter(action="case.by_reporter", result="refused")
    assert [(one.actor_id, one.subject_id) for one in refused] == [(town.person(who), str(asked))]
    assert api_again(town, who).get("/cases").status_code == 200


def api_again(town: Town, who: str) -> Caller:
    return Caller(f"raw-{town.city.people[who].username}")


def test_reporters_are_found_where_they_may_be_known(town: Town, reported: list[Case]) -> None:
    west = reported[0].area_code[:12]
    known = user("西区", town.city.centre, post("acceptor"), area_code=west)
    from chengguan.accounts.domain import loading
    from chengguan.accounts.models import Grant

    Grant.objects.create(
        user=known,
        post=post("looker", "cases.see"),
        organisation=town.city.centre,
        valid_from="2000-01-01",
    )
    loading.forget()
    both = caller(known)
    asked = town.person("collector")
    assert len(numbers(both.get("/cases"))) == 3
    assert numbers(both.get("/cases", reporter=asked)) == [reported[0].number]
    assert numbers(both.get("/cases", reporter=asked, area=west[:9])) == [reported[0].number]
    east = both.get("/cases", reporter=asked, area=reported[1].area_code[:12])
    assert (east.status_code, east.json()["code"]) == (403, "cases.by_reporter")


def test_counting_tells_no_more_than_the_list(town: Town, reported: list[Case]) -> None:
    wanted = CaseFilter(reporter=town.person("collector"))
    with pytest.raises(NotAllowed):
        count_visible(town.who("dispatcher"), wanted)
    assert count_visible(town.who("acceptor"), wanted) == 2
    assert count_visible(principal_of(town.city.people["collector"]), wanted) == 2
    assert len(page(SYSTEM, wanted).rows) == 2


def test_the_pages_have_no_such_filter(
    page: Callable[[str], Client], town: Town, reported: list[Case]
) -> None:
    asked = page("dispatcher").get(f"/cases/?reporter={town.person('collector')}")
    assert len(asked.context["page"].rows) == 3


def test_asking_costs_one_list_and_no_more(
    api: Api, town: Town, reported: list[Case], django_assert_num_queries: Any
) -> None:
    who, asked = town.who("acceptor"), town.person("collector")
    page(who, CaseFilter(reporter=asked))
    with django_assert_num_queries(2):
        page(who, CaseFilter())
    with django_assert_num_queries(2):
        page(who, CaseFilter(reporter=asked))

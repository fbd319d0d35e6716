"""The wall and the leader's page: true to their rows, quiet about people, refused to strangers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant
from chengguan.cases.models import Case
from chengguan.command.wall.leading import oversee
from chengguan.command.wall.needs import waiting
from chengguan.command.wall.views import _wall_reach
from chengguan.core.errors import DomainError
from chengguan.store import cache
from chengguan.workflow.models import Event
from command.busy import Busy, busy_town, handled
from command.figures.truth import assert_true, bare_numbers, numbers_of

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
PEOPLE = re.compile(r"采集员[甲乙]|受理员|保洁员|张三|1380000|环湖西一路|路口东侧")


@pytest.fixture
def busy(db: None) -> Busy:
    return busy_town()


@pytest.fixture
def leader(busy: Busy) -> Client:
    return signed_in(busy.town.city.people["leader"])


def html(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.content.decode()[:500])
    return answer.content.decode()


def test_every_number_of_the_wall_is_a_figure_and_true(busy: Busy) -> None:
    client = signed_in(busy.wall)
    page = html(client, "/wall/")
    assert assert_true(client, page) > 20
    assert bare_numbers(page) == []
    assert html(client, "/wall/board/").count("data-figure") == page.count("data-figure")


@pytest.mark.parametrize(
    "query",
    ["", "?window=30d", f"?window=90d&area={factories.STREET}", f"?area={factories.STREET}001"],
)
def test_every_number_of_the_leaders_page_is_a_figure_and_true(leader: Client, query: str) -> None:
    page = html(leader, f"/leader/{query}")
    assert assert_true(leader, page) > 15
    assert bare_numbers(page) == []


def test_a_wall_shows_no_person_no_words_and_no_place(busy: Busy) -> None:
    client = signed_in(busy.wall)
    shown = html(client, "/wall/") + html(client, "/wall/board/")
    assert PEOPLE.findall(shown) == []
    assert "/cases/" not in shown
    assert "暴露垃圾" in shown


def test_a_wall_can_do_and_open_nothing_else(busy: Busy) -> None:
    client = signed_in(busy.wall)
    case = Case.objects.order_by("-id")[0]
    urls = [
        "/cases/",
        f"/cases/{case.number}/",
        "/leader/",
        "/figures/to_decide/rows/",
        "/cases/features.geojson",
    ]
    assert [client.get(url).status_code for url in urls] == [403, 404, 403, 403, 403]
    assert client.post("/leader/oversee/", {"number": case.number}).status_code == 404


def test_strangers_are_refused(busy: Busy) -> None:
    client = signed_in(factories.stranger())
    urls = ["/wall/", "/wall/board/", "/wall/places.geojson", "/leader/"]
    assert [client.get(url).status_code for url in urls] == [403] * 4
    assert client.get("/wall/").status_code == 403


def test_nobody_is_led_to_the_door(db: None, client: Client) -> None:
    assert client.get("/wall/board/").status_code == 302


def test_an_unchanged_board_is_not_sent_again(busy: Busy) -> None:
    client = signed_in(busy.wall)
    first = client.get("/wall/board/")
    again = client.get("/wall/board/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["X-Release"]) == (304, b"", first["X-Release"])


def test_a_board_counted_anew_with_the_same_outcome_is_only_dated(busy: Busy) -> None:
    client = signed_in(busy.wall)
    first = client.get("/wall/board/")
    cache.forget()
    again = client.get("/wall/board/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["X-Counted"] > first["X-Counted"]
    assert again["X-Counted"].split()[0] not in first.content.decode()


def test_a_change_is_on_the_board_within_its_cache(
    busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chengguan.store import cache

    client = signed_in(busy.wall)
    before = {one.code: one.value for one in numbers_of(html(client, "/wall/board/"))}
    busy.town.report(timezone.now())
    cache.forget()
    after = {one.code: one.value for one in numbers_of(html(client, "/wall/board/"))}
    assert after["reported"] != before["reported"] or after["open"] != before["open"]


def test_a_thousand_viewers_of_one_reach_cost_one_count(busy: Busy) -> None:
    client = signed_in(busy.wall)
    assert statements(client, "/wall/board/") <= 3


def test_the_wall_costs_the_same_for_few_and_many(busy: Busy) -> None:
    from chengguan.store import cache

    def cost() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from chengguan.accounts.domain.principal import principal_of
        from chengguan.command.wall.board import wall_of

        wall_of(principal_of(busy.wall))
        cache.forget()
        principal = principal_of(busy.wall)
        from chengguan.registry.domain.duty_index import units

        units()
        with CaptureQueriesContext(connection) as captured:
            wall_of(principal)
        return len([q for q in captured.captured_queries if "cases_case" in q["sql"]])

    few = cost()
    for minutes in range(3):
        handled(busy.town, timezone.now() - timedelta(minutes=30 + minutes))
    assert few == cost() <= 16


def test_shapes_are_those_of_ones_own_area(busy: Busy) -> None:
    whole = signed_in(busy.wall).get("/wall/places.geojson").json()["features"]
    east = signed_in(busy.street).get("/wall/places.geojson")
    assert [one["properties"]["name"] for one in whole] == ["西社区", "东社区"]
    assert east.status_code == 403 or len(east.json()["features"]) == 1


def test_the_leader_oversees_from_a_row(busy: Busy, leader: Client) -> None:
    case = handled(busy.town, timezone.now() - timedelta(days=20))
    answer = leader.post("/leader/oversee/", {"number": case.number, "window": "7d", "reason": ""})
    assert (answer.status_code, answer["Location"]) == (302, "/leader/?window=7d")
    case.refresh_from_db()
    event = Event.objects.filter(instance_id=case.pk).latest("seq")
    assert (case.overseen, event.verb, event.data["ground"]) == (True, "ask_oversight", "overdue")
    again = leader.post("/leader/oversee/", {"number": case.number})
    assert again.status_code in (403, 409, 422)


def test_who_may_not_oversee_is_refused(busy: Busy) -> None:
    case = handled(busy.town, timezone.now() - timedelta(days=20))
    with pytest.raises(DomainError):
        oversee(busy.town.who("acceptor"), case.number, "")
    clerk = signed_in(busy.town.city.people["acceptor"])
    assert clerk.post("/leader/oversee/", {"number": case.number}).status_code == 403
    case.refresh_from_db()
    assert case.overseen is False


def test_what_needs_a_leader_is_what_he_may_decide(busy: Busy) -> None:
    case = handled(busy.town, timezone.now() - timedelta(days=1))
    busy.town.do(case, "ask_force_close", timezone.now())
    own = signed_in(busy.town.city.people["leader"])
    other = signed_in(busy.town.city.people["leader2"])
    shown = [
        {one.code: one.value for one in numbers_of(html(client, "/leader/"))}["to_force"]
        for client in (own, other)
    ]
    assert shown == [0, 1]


def test_what_waits_for_who_leads_some_matters_is_of_these(busy: Busy) -> None:
    case = handled(busy.town, timezone.now() - timedelta(days=1))
    busy.town.do(case, "ask_force_close", timezone.now())
    shown = {
        matters: [
            request.instance_id
            for request in waiting(
                principal_of(
                    factories.user(
                        "专项领导", busy.town.city.centre, factories.post("leader"),
                        area_code=factories.DISTRICT, matters=[matters],
                    )
                )
            )
        ]
        for matters in ("01", "03")
    }  # fmt: skip
    assert shown == {"01": [case.pk], "03": []}


def test_people_on_duty_elsewhere_are_in_nobody_elses_board(busy: Busy) -> None:
    """Two of one wall and one reach over cases; one of them may see the people of another place."""
    city = busy.town.city
    wall = factories.post("wall", Capability.WALL)
    people = factories.post("watcher", Capability.SEE_PEOPLE)
    keys = []
    for number in range(2):
        viewer = factories.user("大屏", city.centre, wall, area_code=factories.DISTRICT)
        if number:
            Grant.objects.create(
                user=viewer, post=people, organisation=city.centre, area_code="310116",
                valid_from=factories.SINCE,
            )  # fmt: skip
            loading.forget()
        keys.append(_wall_reach(principal_of(viewer)))
    assert keys[0] != keys[1]


@pytest.mark.parametrize("query", ["?window=5d", "?area=31x", "?area=" + "1" * 16])
def test_nonsense_is_refused_in_words(leader: Client, query: str) -> None:
    assert leader.get(f"/leader/{query}").status_code == 422


def test_nonsense_numbers_are_refused(leader: Client) -> None:
    assert leader.post("/leader/oversee/", {"number": "1"}).status_code == 422

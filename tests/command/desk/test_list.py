"""The desk's list: in order of time left, counted as it is shown, at a constant cost, to nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.cases.domain.acting import act
from chengguan.cases.filters import CaseFilter
from chengguan.command.desk import queries
from chengguan.core.errors import Invalid

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

    from chengguan.cases.models import Case

pytestmark = pytest.mark.django_db
NONE = CaseFilter()


def reported(hours: float = 0, **columns: Any) -> Case:
    """Take in a report of some hours ago; its limit of a quarter of an hour runs since then."""
    at = timezone.now() - timedelta(hours=hours)
    made: Case = factories.report(**{"source": "collector", "at": at, **columns})
    return made


def filed(city: City, case: Case) -> Case:
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    return case


def awaiting_close(city: City) -> Case:
    """Bring a case to where it waits for the acceptor again, without a limit."""
    case = filed(city, reported())
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    act(case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
    done = {"photos": ["0" * 64], "note": "已清理"}
    act(case, "submit_handling", city.principal("handler"), done)
    act(case, "confirm_handled", city.principal("unit"))
    act(case, "forward", city.principal("dispatcher"))
    return case


def numbers(page: queries.Waiting) -> list[str]:
    return [row.number for row in page.rows]


def shown(client: Client, url: str = "/desk/") -> list[str]:
    return re.findall(r'data-row="(\d{19})"', client.get(url).content.decode())


def test_all_my_queues_by_time_left_what_has_no_limit_last(city: City, acceptor: Client) -> None:
    late, untimed, soon = reported(2), awaiting_close(city), reported(0.1)
    later = reported()
    filed(city, reported(3))

    assert shown(acceptor) == [one.number for one in (late, soon, later, untimed)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_join_without_gap_or_double(city: City, size: int) -> None:
    at = timezone.now() - timedelta(hours=1)
    # Three of one instant: the ids decide; two without a limit at the end.
    wanted = [factories.report(source="collector", at=at).number for _ in range(3)]
    wanted += [awaiting_close(city).number for _ in range(2)]
    who, found, cursor = city.principal("acceptor"), list[str](), ""
    while True:
        page = queries.waiting(who, NONE, timezone.now(), cursor=cursor, size=size)
        found += numbers(page)
        cursor = page.next_cursor
        if not cursor:
            break

    assert found == wanted


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "!!!"])
def test_a_cursor_of_nobody_is_refused(city: City, cursor: str) -> None:
    with pytest.raises(Invalid):
        queries.waiting(city.principal("acceptor"), NONE, timezone.now(), cursor=cursor)


@pytest.mark.parametrize(
    "wanted",
    [NONE, CaseFilter(light="red"), CaseFilter(words="公园"), CaseFilter(area="310115501002")],
)
def test_each_queue_counts_its_rows(city: City, wanted: CaseFilter) -> None:
    from dataclasses import replace

    reported(2)
    reported(text="公园北门有暴露垃圾")
    lon, lat = factories.inside(2)
    reported(lon=lon, lat=lat)
    awaiting_close(city)
    who, now = city.principal("acceptor"), timezone.now()
    counted = {one.state: (one.count, one.late) for one in queries.counts(who, wanted, now)}
    rows = {
        state: queries.waiting(who, replace(wanted, states=(state,)), now).rows
        for state in ("reported", "awaiting_close")
    }

    assert counted == {
        state: (len(found), sum(row.light == "red" for row in found))
        for state, found in rows.items()
        if found
    }
    assert len(queries.waiting(who, wanted, now).rows) == sum(n for n, _ in counted.values())


def test_filters_stay_until_they_are_cleared(city: City, acceptor: Client) -> None:
    late, fresh = reported(2), reported()
    assert shown(acceptor, "/desk/?light=red") == [late.number]
    assert shown(acceptor) == [late.number]
    again = signed_in(city.people["acceptor"])
    assert shown(again) == [late.number]
    assert shown(acceptor, "/desk/?clear=1") == [late.number, fresh.number]
    assert shown(acceptor) == [late.number, fresh.number]


def test_the_list_alone_keeps_filters_and_says_the_address(city: City, acceptor: Client) -> None:
    late, _ = reported(2), reported()
    answer = acceptor.get(f"/desk/list/?light=red&keep=1&opened={late.number}")
    assert answer["HX-Replace-Url"] == f"/desk/{late.number}/?light=red"
    assert shown(acceptor) == [late.number]


def test_a_wrong_filter_is_said(city: City, acceptor: Client) -> None:
    answer = acceptor.get("/desk/?matter=abc")
    assert (answer.status_code, "只能填写数字" in answer.content.decode()) == (422, True)
    assert acceptor.get("/desk/list/?matter=abc").status_code == 422


def test_changed_rows_are_those_that_wait_here_now(city: City, acceptor: Client) -> None:
    stays, goes, elsewhere = reported(), reported(), filed(city, reported())
    filed(city, goes)
    asked = "&".join(f"case={one.number}" for one in (stays, goes, elsewhere))
    assert shown(acceptor, f"/desk/changes/?{asked}") == [stays.number]


@pytest.mark.parametrize("path", ["/desk/", "/desk/list/", "/desk/changes/?case=1"])
def test_a_list_costs_the_same_for_one_row_and_for_three(
    city: City, acceptor: Client, path: str
) -> None:
    first = reported()
    url = path.replace("case=1", f"case={first.number}")
    one = statements(acceptor, url)
    others = [reported(hours=2, source="hotline"), awaiting_close(city)]
    url = url + "".join(f"&case={case.number}" for case in others) if "case=" in url else url
    assert len(shown(acceptor, url)) == 3
    assert statements(acceptor, url) == one


def test_a_stranger_has_no_desk_and_a_unit_not_the_acceptors(city: City, stranger: Client) -> None:
    case = reported()
    urls = ["/desk/", "/desk/list/", f"/desk/changes/?case={case.number}", f"/desk/{case.number}/"]
    assert [stranger.get(url).status_code for url in urls] == [403] * 4
    unit = signed_in(city.people["unit"])
    assert shown(unit) == []
    assert shown(unit, f"/desk/changes/?case={case.number}") == []
    assert unit.get(f"/desk/{case.number}/").status_code == 404


def test_a_desk_says_which_states_wait_there(city: City) -> None:
    def states(post: str) -> str:
        page = signed_in(city.people[post]).get("/desk/").content.decode()
        return re.search(r'data-states="([^"]*)"', page)[1]  # type: ignore[index]

    assert states("dispatcher").split() == ["awaiting_dispatch", "feedback"]
    assert "reported" in states("acceptor").split()
    assert "handling" not in states("acceptor").split()
    # A unit's desk has queues beside the states: it asks about everything.
    assert states("unit") == ""

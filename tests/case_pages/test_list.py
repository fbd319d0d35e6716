"""The list of cases, its filters, its cost; the map and the files made of it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in, statements

from chengguan.audit.models import Entry
from chengguan.cases.domain.acting import act

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
QUERIES = 4


@pytest.fixture
def acceptor(city: City) -> Client:
    return signed_in(city.people["acceptor"])


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.number for row in client.get(f"/cases/{query}").context["page"].rows]


def test_three_rows_cost_what_one_does(acceptor: Client) -> None:
    factories.report()
    one = statements(acceptor, "/cases/")
    factories.report()
    factories.report()
    assert (one, statements(acceptor, "/cases/")) == (QUERIES, QUERIES)


def test_sorted_by_time_left(acceptor: Client) -> None:
    first, second = factories.report(), factories.report()
    assert numbers(acceptor) == [first.number, second.number]
    assert numbers(acceptor, "?sort=-opened") == [second.number, first.number]


def test_filters_narrow_and_stay_in_the_address(city: City, acceptor: Client) -> None:
    one = factories.report()
    two = factories.report(text="人行道井盖破损", source="collector")
    act(two, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    found = {
        query: numbers(acceptor, query)
        for query in (
            f"?words={one.number}", "?words=井盖", "?state=reported", "?stage=dispatch",
            "?source=collector", "?light=red", "?open=0", "?mine=1", "?area=310115501001",
            "?area=310115501002", "?matter=02", "?flag=urged",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        [one.number], [two.number], [one.number], [two.number], [two.number], [], [],
        [one.number], [one.number, two.number], [], [], [],
    ]  # fmt: skip
    page = acceptor.get("/cases/?state=reported&open=1").content.decode()
    assert "export" not in page
    assert '<input type="checkbox" name="state" value="reported" checked>' in page


def test_wrong_filter_is_said(acceptor: Client) -> None:
    answer = acceptor.get("/cases/?area=abc&state=nowhere")
    assert (answer.status_code, answer.context["page"]) == (422, None)
    assert "没有名为" in answer.content.decode()


def test_empty_list_says_what_to_do(acceptor: Client) -> None:
    assert "没有符合条件的案件" in acceptor.get("/cases/?words=无").content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("opened_from=2026-12-02&opened_to=2026-12-01", "止日早于起日，请改正。"),
        ("closed_from=2026-12-02&closed_to=2026-12-01", "止日早于起日，请改正。"),
        ("due_from=2026-12-02&due_to=2026-12-01", "止日早于起日，请改正。"),
        ("score_from=3", "请选择要计的是哪一项。"),
    ],
)
def test_a_question_that_cannot_be_meant_is_not_answered(
    acceptor: Client, asked: str, said: str
) -> None:
    answer = acceptor.get(f"/cases/?{asked}")
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


def test_stranger_is_refused(stranger: Client, city: City) -> None:
    urls = ["/cases/", "/cases/count/", "/cases/map/", "/cases/features.geojson",
            "/cases/export.csv", "/cases/new/"]  # fmt: skip
    assert [stranger.get(url).status_code for url in urls] == [403] * len(urls)


def test_count_says_how_many(acceptor: Client) -> None:
    factories.report()
    factories.report()
    assert acceptor.get("/cases/count/").content.decode() == "共 2 件"


def test_map_features_carry_the_light(acceptor: Client) -> None:
    case = factories.report()
    found = acceptor.get("/cases/features.geojson").json()["features"]
    shown = [(one["properties"]["code"], one["properties"]["light"]) for one in found]
    assert shown == [(case.number, "green")]
    assert acceptor.get("/cases/map/").status_code == 200


def test_export_needs_its_capability_and_is_audited(city: City, acceptor: Client) -> None:
    case = factories.report(text="=HYPERLINK(1)")
    assert acceptor.get("/cases/export.csv").status_code == 403
    leader = signed_in(city.people["leader"])
    answer = leader.get("/cases/export.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[:1] + line[4:5] for line in lines[1:]] == [[case.number, "'=HYPERLINK(1)"]]
    assert b"".join(leader.get("/cases/export.xlsx"))[:2] == b"PK"
    entry = Entry.objects.filter(action="export").latest("at")
    assert (entry.subject_type, entry.detail["form"], entry.detail["filters"]) == (
        "case",
        "xlsx",
        {},
    )
    assert entry.detail["columns"][:2] == ["number", "state"]

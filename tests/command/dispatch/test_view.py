"""Dispatch explains itself, and every number is the count of the rows behind its link."""

from __future__ import annotations

import re
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import City, duty
from page_clients import signed_in, statements

from chengguan.cases.filters import CaseFilter
from chengguan.cases.queries import count_visible
from chengguan.command.dispatch.candidates import FactFilter, facts_visible_to
from chengguan.command.dispatch.queries import dispatch_view, queue

from .steps import do, filed, handled


def test_each_number_is_its_rows(city: City) -> None:
    for _ in range(3):
        handled(city, do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk))
    late = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    type(late).objects.filter(pk=late.pk).update(stage_due_at=timezone.now() - timedelta(hours=1))
    do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    case = filed(city)
    who, now = city.principal("dispatcher"), timezone.now() + timedelta(minutes=30)
    view = dispatch_view(who, case, now)
    (one,) = view.candidates
    assert (one.id, one.proposed, view.status, view.certain) == (city.unit.pk, True, "one", True)
    assert view.chosen == city.unit.pk
    wanted = CaseFilter(unit=one.id, stage="handle", open=True)
    assert one.open == count_visible(who, wanted) == 2
    red = CaseFilter(unit=one.id, stage="handle", open=True, light="red")
    assert one.late == count_visible(who, red) == 1
    facts = facts_visible_to(who)
    for count, condition in (
        (one.finished, FactFilter(one.id, case.kind, case.matter_code, view.since)),
        (one.on_time, FactFilter(one.id, case.kind, case.matter_code, view.since, True)),
        (one.finished_all, FactFilter(one.id, since=view.since)),
        (one.on_time_all, FactFilter(one.id, since=view.since, on_time=True)),
    ):
        assert count == facts.filter(condition.q()).count() == 3


def test_the_links_of_the_page_lead_to_as_many_rows(city: City) -> None:
    for _ in range(2):
        handled(city, do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk))
    do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    case = filed(city)
    client = signed_in(city.people["dispatcher"])
    page = client.get(f"/dispatch/cases/{case.number}/").content.decode()
    links = re.findall(r'<a[^>]*href="(/dispatch/facts/[^"]*|/cases/\?[^"]*)">(\d+)</a>', page)
    assert len(links) == 6
    for url, count in links:
        shown = client.get(url.replace("&amp;", "&")).content.decode()
        assert len(set(re.findall(r'href="/cases/(\d{19})/"', shown))) == int(count), url


@pytest.mark.parametrize(
    ("rivals", "status", "words"), [(1, "conflict", "申请裁定"), (0, "one", "权责明确")]
)
def test_what_to_do_is_said(city: City, rivals: int, status: str, words: str) -> None:
    for _ in range(rivals):
        duty(city.other_unit)
    view = dispatch_view(city.principal("dispatcher"), filed(city), timezone.now())
    assert (view.status, words in view.advice) == (status, True)
    assert {one.id for one in view.candidates} == {
        city.unit.pk,
        *([city.other_unit.pk] if rivals else []),
    }
    assert view.chosen == (None if rivals else city.unit.pk)


def test_in_a_gap_those_are_named_who_usually_do_it(city: City) -> None:
    from chengguan.registry.models import Duty
    from chengguan.store import revisions

    for _ in range(2):
        handled(city, do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk))
    case = filed(city)
    long_ago = timezone.localdate() - timedelta(days=1)
    Duty.objects.filter(organisation=city.unit).update(valid_to=long_ago)
    revisions.bump("duties")
    view = dispatch_view(city.principal("dispatcher"), case, timezone.now() + timedelta(minutes=30))
    assert (view.status, view.chosen) == ("gap", None)
    assert [(one.id, one.why) for one in view.candidates] == [
        (city.unit.pk, "近 90 天常处置该事项")
    ]


def test_a_unit_that_sent_it_back_is_not_proposed_again(city: City) -> None:
    case = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    do(city, case, "unit", "return_to_dispatcher", reason="在绿化带内", basis="绿化条例第十九条")
    view = dispatch_view(city.principal("dispatcher"), case, timezone.now())
    assert (view.status, view.chosen, view.certain) == ("returned", None, False)
    (back,) = view.returns
    assert (back.unit, back.reason, back.basis) == ("环卫所", "在绿化带内", "绿化条例第十九条")


def test_stages_are_shown_and_the_running_one(city: City) -> None:
    staged = [
        {"name": "停工", "limit_value": 4, "limit_unit": "work_hour"},
        {"name": "拆除", "limit_value": 20, "limit_unit": "work_day"},
    ]
    rule = factories.rule(city.matter, stages=staged)
    case = factories.report(source="collector")
    do(city, case, "acceptor", "file", matter="01001", rule=rule.pk)

    def stages() -> list[tuple[str, str, str]]:
        shown = dispatch_view(city.principal("dispatcher"), case, timezone.now()).stages
        return [(one.name, one.limit, one.state) for one in shown]

    assert stages() == [("停工", "4工作时", "ahead"), ("拆除", "20工作日", "ahead")]
    do(city, case, "dispatcher", "dispatch", unit=city.unit.pk)
    assert [one[2] for one in stages()] == ["running", "ahead"]
    do(city, case, "unit", "assign", handler=city.people["handler"].pk)
    do(city, case, "handler", "finish_stage", note="已停工")
    assert [one[2] for one in stages()] == ["done", "running"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_view_and_a_queue_cost_the_same_for_more(city: City, count: int) -> None:
    duty(city.other_unit)
    cases = [filed(city) for _ in range(count)]
    who, now = city.principal("dispatcher"), timezone.now()
    queue(who, now)
    with CaptureQueriesContext(connection) as asked:
        assert len(queue(who, now)) == count
    assert len(asked) == 3
    with CaptureQueriesContext(connection) as asked:
        dispatch_view(who, cases[0], now)
    assert len(asked) == 2


def test_the_queue_page_shows_whose_each_is_and_a_stranger_nothing(city: City) -> None:
    filed(city)
    client = signed_in(city.people["dispatcher"])
    assert statements(client, "/dispatch/") < 12
    page = client.get("/dispatch/").content.decode()
    assert "环卫所" in page
    assert "权责唯一 1 件" in page
    other = signed_in(factories.stranger())
    for url in ("/dispatch/", "/dispatch/facts/", "/dispatch/rulings/", "/dispatch/automatic/"):
        assert other.get(url).status_code == 403, url
    elsewhere = factories.user(
        "邻区派遣员",
        factories.organisation("邻区"),
        factories.post("dispatcher"),
        area_code="310116",
    )
    foreign = signed_in(elsewhere)
    assert "没有等您派遣的案件" in foreign.get("/dispatch/").content.decode()


def test_one_press_dispatches_and_says_so(city: City) -> None:
    client = signed_in(city.people["dispatcher"])
    case = filed(city)
    answer = client.post(
        f"/dispatch/cases/{case.number}/act/",
        {"unit": city.other_unit.pk, "seq": case.seq, "assist": []},
    )
    assert answer.status_code == 409
    assert "改派理由" in answer.content.decode()
    answer = client.post(
        f"/dispatch/cases/{case.number}/act/",
        {
            # The row chosen in the table, and the list of others left as it is.
            "unit": [city.unit.pk, ""],
            "seq": case.seq,
            "assist": [city.other_unit.pk],
            "note": "请速办",
        },
        follow=True,
    )
    case.refresh_from_db()
    assert (case.state, case.assisting) == ("awaiting_handling", [city.other_unit.pk])
    assert f"已派遣：{case.number} → 环卫所" in answer.content.decode()
    assert client.post(f"/dispatch/cases/{case.number}/act/", {"unit": "x"}).status_code == 422


def test_many_at_once_each_with_its_result(city: City) -> None:
    plain, other = filed(city), filed(city)
    back = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    do(city, back, "unit", "return_to_dispatcher", reason="不属本单位")
    gone = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    numbers = [plain.number, back.number, gone.number, "3101152026030299998", other.number]
    client = signed_in(city.people["dispatcher"])
    page = client.post("/dispatch/many/", {"case": numbers}).content.decode()
    assert "5 件中已派遣 2 件" in page
    for one in (plain, other):
        one.refresh_from_db()
        assert (one.state, one.unit_id) == ("awaiting_handling", city.unit.pk)
    back.refresh_from_db()
    assert back.state == "awaiting_dispatch"
    for words in ("须人工判断", "当前为“待处置”，不能“派遣”", "没有找到"):
        assert words in page
    assert client.post("/dispatch/many/", {}).status_code == 422
    assert client.post("/dispatch/many/", {"case": ["-1", numbers[0]]}).status_code == 422
    assert (
        signed_in(city.people["unit"]).post("/dispatch/many/", {"case": numbers}).status_code == 403
    )

"""A call: reported and filed in one press, never half; joined to what is there; kept for accuracy."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import factories
import pytest
from page_clients import signed_in

from chengguan.cases.models import Case, Report

if TYPE_CHECKING:
    from django.test import Client
    from factories import City


@pytest.fixture
def city(db: None) -> City:
    return factories.working_city()


@pytest.fixture
def acceptor(city: City) -> Client:
    return signed_in(city.people["acceptor"])


def call(city: City, **changes: Any) -> dict[str, Any]:
    lon, lat = factories.inside(1)
    given = {
        "key": str(uuid.uuid4()),
        "source": "hotline",
        "text": "巷子口有一大堆暴露垃圾",
        "address": "环湖西一路",
        "lon": lon,
        "lat": lat,
        "matter": "matter:01001",
        "rule": city.rule.pk,
        "reporter_name": "张三",
        "reporter_phone": "13800000000",
        "unverified": "来电人讲清了地点和情况",
        "do": "file",
    }
    return {**given, **changes}


def test_one_press_reports_and_files(city: City, acceptor: Client) -> None:
    answer = acceptor.post("/cases/call/", call(city), follow=True)
    case = Case.objects.get()
    assert (case.state, case.rule_id, case.matter_code) == (
        "awaiting_dispatch", city.rule.pk, "01001",
    )  # fmt: skip
    assert case.acceptor_id == city.people["acceptor"].pk
    report = Report.objects.get()
    assert (report.source, report.reporter_name, report.reporter_phone) == (
        "hotline", "张三", "13800000000",
    )  # fmt: skip
    assert report.raw["_proposed"] == [["matter", "01001"]]
    assert f"已上报并立案，案件编号 {case.number}" in answer.content.decode()


def test_refused_filing_leaves_the_report_and_says_why(city: City, acceptor: Client) -> None:
    answer = acceptor.post("/cases/call/", call(city, unverified=""), follow=True)
    case = Case.objects.get()
    assert case.state == "reported"
    said = answer.content.decode()
    assert f"已上报，案件编号 {case.number}；未能立案：公众举报须先核实再立案" in said


def test_same_press_twice_is_one_case(city: City, acceptor: Client) -> None:
    same = call(city)
    for _ in range(2):
        acceptor.post("/cases/call/", same)
    case = Case.objects.get()
    assert (case.state, Report.objects.count()) == ("awaiting_dispatch", 1)


def test_only_report(city: City, acceptor: Client) -> None:
    acceptor.post("/cases/call/", call(city, do="report"))
    assert Case.objects.get().state == "reported"


def test_same_thing_becomes_another_report_of_that_case(city: City, acceptor: Client) -> None:
    main = factories.report()
    acceptor.post("/cases/call/", call(city, same_as=main.number))
    main.refresh_from_db()
    other = Case.objects.exclude(pk=main.pk).get()
    assert (other.main_case_id, main.reports, other.filed_at) == (main.pk, 2, None)


def test_same_thing_out_of_scope_is_not_found_and_nothing_is_taken(city: City) -> None:
    lon, lat = factories.inside(2)
    hidden = factories.report(lon=lon, lat=lat)
    west = factories.user(
        "西片受理", city.centre, factories.post("acceptor"), area_code=f"{factories.STREET}001"
    )
    answer = signed_in(west).post("/cases/call/", call(city, same_as=hidden.number))
    assert answer.status_code == 404
    assert Case.objects.count() == 1


def test_without_a_script_words_are_looked_up_and_nothing_is_lost(
    city: City, acceptor: Client
) -> None:
    asked = call(city, do="look", lon="", lat="", matter="", text="东社区有暴露垃圾")
    page = acceptor.post("/cases/call/", asked)
    said = page.content.decode()
    assert page.status_code == 200
    assert [one.code for one in page.context["found"].matters] == ["01001"]
    assert "13800000000" in said
    assert page.context["form"]["lon"].value() == pytest.approx(factories.WEST + 0.03)
    assert Case.objects.count() == 0


def test_without_a_script_a_mistake_keeps_what_was_written(city: City, acceptor: Client) -> None:
    page = acceptor.post("/cases/call/", call(city, lon="", lat=""))
    assert page.status_code == 422
    assert "请在地图上点选位置" in page.content.decode()
    assert "13800000000" in page.content.decode()


def test_outside_the_city_nothing_is_taken(city: City, acceptor: Client) -> None:
    answer = acceptor.post("/cases/call/", call(city, lon=100.0, lat=30.0))
    assert (answer.status_code, Case.objects.count()) == (422, 0)


def test_strangers_and_other_posts_are_refused(city: City) -> None:
    for person in (factories.stranger(), city.people["collector"], city.people["unit"]):
        client = signed_in(person)
        assert client.get("/cases/call/").status_code == 403
        assert client.post("/cases/call/", call(city)).status_code == 403
    assert Case.objects.count() == 0


def test_words_follow_until_somebody_chooses(city: City, acceptor: Client) -> None:
    lamp = factories.matter("01036", "路灯异常")
    asked = {"text": "路灯坏了，旁边有暴露垃圾", "matter": "matter:01001", "first": "matter:01001"}
    page = acceptor.post("/cases/propose/", {**asked, "text": "路灯坏了路灯不亮"})
    assert page.context["found"].matter == ("matter", lamp.code)
    page = acceptor.post("/cases/propose/", {**asked, "first": ""})
    assert page.context["found"].matter == ("matter", "01001")

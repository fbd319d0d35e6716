"""What a person keeps of the list: files made in the background, columns, queries by name."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from factories import organisation, post, stranger, user
from page_clients import signed_in

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.models import Grant
from chengguan.audit.models import Entry
from chengguan.cases import columns, saved
from chengguan.cases.models import CaseExport, Report
from chengguan.cases.taking import background, rows
from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound
from chengguan.notify.models import OutboxMessage

from ..town import START, Town


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep files apart, and start no job."""
    settings.CHENGGUAN_EXPORTS = tmp_path
    monkeypatch.setattr(background, "_defer", lambda _: None)
    return tmp_path


def made(
    town: Town, form: str = "csv", query: str = "", names: tuple[str, ...] = ("number", "text")
) -> CaseExport:
    asked = background.ask(town.who("leader"), form, query, names)
    background.run(asked.pk)
    asked.refresh_from_db()
    return asked


def test_a_file_is_written_in_order_with_its_columns_and_told_and_noted(
    town: Town, place: Path
) -> None:
    one = town.report(text="=cmd|1")
    two = town.report(START + timedelta(minutes=1), text="井盖缺失")
    asked = made(town, query="sort=opened")
    assert (asked.state, asked.rows, asked.error) == ("done", 2, "")
    text = background.path_of(asked).read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["案件编号", "描述"], [one.number, "'=cmd|1"], [two.number, "井盖缺失"],
    ]  # fmt: skip
    assert background.path_of(asked).stat().st_mode & 0o077 == 0
    message = OutboxMessage.objects.get(topic="cases.export")
    assert (message.user_ids, message.payload["title"]) == (
        [town.person("leader")],
        "案件导出完成，共 2 行",
    )
    noted = Entry.objects.filter(subject_type="case_export").order_by("id")
    assert [(entry.action, entry.detail["rows"]) for entry in noted] == [
        ("export.ask", 0),
        ("export.finish", 2),
    ]
    background.fetch(town.who("leader"), asked.pk)
    assert Entry.objects.filter(action="export.fetch", detail__columns=["number", "text"]).exists()


@pytest.mark.parametrize("form", ["xlsx", "geojson"])
def test_other_forms(town: Town, form: str) -> None:
    case = town.report()
    written = background.path_of(made(town, form)).read_bytes()
    if form == "xlsx":
        assert written[:2] == b"PK"
        return
    (feature,) = json.loads(written)["features"]
    assert (feature["id"], feature["properties"]) == (
        case.number,
        {"案件编号": case.number, "描述": case.text},
    )


def test_nobody_else_gets_it_and_lost_rights_are_lost(town: Town) -> None:
    town.report()
    asked = made(town)
    with pytest.raises(NotFound):
        background.fetch(town.who("dispatcher"), asked.pk)
    waiting = background.ask(town.who("leader"), "csv", "", ["number"])
    Grant.objects.filter(user_id=town.person("leader")).delete()
    loading.forget()
    with pytest.raises(NotAllowed):
        background.fetch(town.who("leader"), asked.pk)
    assert Entry.objects.filter(action="export.fetch", result="refused").exists()
    background.run(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error[:9]) == ("failed", "您的岗位不能导出案")
    assert not background.path_of(waiting).exists()
    with pytest.raises(NotAllowed):
        background.ask(principal_of(stranger()), "csv", "", ["number"])


def test_a_cancelled_one_is_not_written(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.report()
    asked = background.ask(town.who("leader"), "csv", "", ["number"])
    monkeypatch.setattr(background, "_STEP", 1)
    whole = rows.batches

    def then_cancel(*given: Any) -> Any:
        background.cancel(town.who("leader"), asked.pk)
        yield from whole(*given)

    monkeypatch.setattr(rows, "batches", then_cancel)
    background.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "cancelled"
    assert not background.path_of(asked).exists()
    with pytest.raises(Conflict):
        background.cancel(town.who("leader"), asked.pk)


def test_files_go_after_seven_days(town: Town) -> None:
    asked = made(town)
    assert background.sweep() == 0
    CaseExport.objects.filter(pk=asked.pk).update(expires_at=timezone.now())
    assert background.sweep() == 1
    asked.refresh_from_db()
    assert (asked.state, background.path_of(asked).exists()) == ("gone", False)
    with pytest.raises(NotFound):
        background.fetch(town.who("leader"), asked.pk)


def test_more_than_three_at_once_are_refused(town: Town) -> None:
    for _ in range(3):
        background.ask(town.who("leader"), "csv", "", ["number"])
    with pytest.raises(Conflict):
        background.ask(town.who("leader"), "csv", "", ["number"])


def test_reporters_are_only_for_who_may_know_them(town: Town) -> None:
    case = town.report(source="public", reporter_name="张三", reporter_phone="13800000000")
    with pytest.raises(NotAllowed):
        background.ask(town.who("leader"), "csv", "", ["number", "reporter_phone"])
    both = user(
        "信访科长", town.city.centre, post("both", "cases.see", "cases.export", "cases.personal")
    )
    asked = background.ask(principal_of(both), "csv", "", ["number", "reporter_phone"])
    background.run(asked.pk)
    assert f"{case.number},13800000000" in background.path_of(asked).read_text(encoding="utf-8-sig")
    noted = Entry.objects.get(action="case.reporter_seen", actor_id=both.pk)
    report = Report.objects.get(case_id=case.pk)
    assert (noted.subject_id, noted.post, noted.detail) == (
        str(case.pk),
        "both",
        {"number": case.number, "reports": [report.pk], "export": True},
    )
    elsewhere = user("邻区", organisation("邻区"), both.grants.get().post, area_code="310116")
    asked = background.ask(principal_of(elsewhere), "csv", "", ["number", "reporter_phone"])
    background.run(asked.pk)
    asked.refresh_from_db()
    assert asked.rows == 0
    assert Entry.objects.filter(action="case.reporter_seen").count() == 1


def test_a_file_of_another_scope_is_not_given(town: Town) -> None:
    town.report()
    asked = made(town)
    background.fetch(town.who("leader"), asked.pk)
    Grant.objects.filter(user_id=town.person("leader")).update(area_code="310116")
    loading.forget()
    with pytest.raises(NotAllowed, match="有变化"):
        background.fetch(town.who("leader"), asked.pk)
    assert Entry.objects.filter(action="export.fetch", result="refused").exists()


@pytest.mark.parametrize("number", ["²", "9" * 5000, "x"])
def test_numbers_that_are_none_are_told(town: Town, number: str) -> None:
    client = signed_in(town.city.people["leader"])
    kept = saved.save(town.who("leader"), "名称", "words=x")
    url = f"/cases/saved/{kept.pk}/share/"
    assert client.post(url, {"organisation": number}).status_code == 404
    columns_url = "/cases/columns/listed/"
    chosen = {"column": "number", "place-number": number}
    assert client.post(columns_url, chosen).status_code == 302


def test_columns_stay_in_their_order_and_only_those_that_may(town: Town) -> None:
    who = town.who("dispatcher")
    columns.choose(who, "listed", ["unit", "number", "closed"])
    assert columns.chosen(who, "listed") == ("unit", "number", "closed")
    assert columns.chosen(town.who("leader"), "listed") == columns.LISTED
    with pytest.raises(Invalid):
        columns.choose(who, "exported", ["reporter_name"])
    columns.choose(who, "listed", [])
    assert columns.chosen(who, "listed") == columns.LISTED


def test_queries_are_ones_own_until_shared_with_a_post(town: Town) -> None:
    leader, unit = town.who("leader"), town.who("unit")
    kept = saved.save(leader, "超期", "flag=overdue")
    assert [one.name for one in saved.offered(leader)] == ["超期"]
    assert saved.offered(unit) == saved.offered(principal_of(stranger())) == []
    saved.share(leader, kept.pk, town.city.centre.pk, "dispatcher")
    assert [(one.name, one.own) for one in saved.offered(town.who("dispatcher"))] == [
        ("超期", False)
    ]
    assert saved.offered(town.who("acceptor")) == []
    with pytest.raises(NotFound):
        saved.remove(town.who("dispatcher"), kept.pk)
    mine = saved.save(unit, "我的", "open=1")
    with pytest.raises(NotAllowed):
        saved.share(unit, mine.pk, town.city.unit.pk)
    saved.share(leader, kept.pk, None)
    assert saved.offered(town.who("dispatcher")) == []


def test_what_no_longer_applies_is_named(town: Town) -> None:
    assert saved.stale("unit=999999&state=handling").startswith("条件已不适用")
    assert saved.stale("state=handling&area=西社区") == ""
    with pytest.raises(Invalid):
        saved.save(town.who("leader"), "坏", "state=no_such")


def test_the_box_goes_to_a_case_or_to_the_list(town: Town, client: Client) -> None:
    case = town.report(text="滴水湖边树木倒伏")
    client.force_login(town.city.people["acceptor"])
    assert client.get(f"/cases/find/?words={case.number}")["Location"] == f"/cases/{case.number}/"
    assert "words=" in client.get("/cases/find/?words=倒伏")["Location"]
    assert case.number in client.get("/cases/find/offers/?words=倒伏").content.decode()
    client.force_login(stranger())
    assert client.get("/cases/find/offers/?words=倒伏").status_code == 403


def test_many_are_offered_in_the_background_and_few_come_at_once(
    town: Town, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.report()
    town.report()
    client.force_login(town.city.people["leader"])
    assert b"".join(client.get("/cases/export.csv")).count(b"\r\n") == 3
    monkeypatch.setattr(background, "MANY", 1)
    asked = client.get("/cases/export.csv?words=垃圾")
    assert "在后台导出" in asked.content.decode()
    answer = client.post("/cases/export.csv/many/", {"query": "words=垃圾"})
    assert answer["Location"] == "/cases/exports/"
    background.run(CaseExport.objects.get().pk)
    shown = client.get("/cases/exports/").content.decode()
    assert "已完成" in shown
    number = CaseExport.objects.get().pk
    assert b"".join(client.get(f"/cases/exports/{number}/")).count(b"\r\n") == 3
    client.force_login(town.city.people["dispatcher"])
    assert client.get(f"/cases/exports/{number}/").status_code == 404


def test_the_pages_of_what_is_kept_are_shown_and_refused(town: Town, client: Client) -> None:
    saved.save(town.who("leader"), "超期", "flag=overdue")
    client.force_login(town.city.people["leader"])
    for page, said in (("saved", "超期"), ("columns", "导出的列"), ("exports", "还没有后台导出")):
        assert said in client.get(f"/cases/{page}/").content.decode()
    number = saved.offered(town.who("leader"))[0].id
    assert client.get(f"/cases/saved/{number}/count/").content == b"0"
    assert (
        client.post(
            "/cases/columns/listed/",
            {"column": ["unit", "number"], "place-unit": "2", "place-number": "1"},
        ).status_code
        == 302
    )
    assert columns.chosen(town.who("leader"), "listed") == ("number", "unit")
    assert (
        client.post("/cases/saved/new/", {"name": "新", "query": "open=1"})["Location"]
        == "/cases/?open=1"
    )
    client.force_login(stranger())
    for page in ("saved", "columns", "exports", f"saved/{number}/count"):
        assert client.get(f"/cases/{page}/").status_code in (403, 404), page

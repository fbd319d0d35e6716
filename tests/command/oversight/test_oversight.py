"""The overseer's page: tabs are their rows, several are urged or overseen at once, races are told."""

from __future__ import annotations

import re
from datetime import timedelta

import factories
import pytest
from cases.town import Town
from django.test import Client
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.cases.models import Case
from chengguan.command.oversight import queries

URL = "/oversight/"


def client(town: Town, post: str = "leader") -> Client:
    return signed_in(town.city.people[post])


def ticks(html: str) -> list[str]:
    return re.findall(r'name="chosen" value="(\d+:\d+)"', html)


def mixed(town: Town) -> dict[str, Case]:
    """Make one case for each reason to look, and one that needs none."""
    now = timezone.now()
    late = town.walk(town.report(), "file", "dispatch")
    overseen = town.walk(town.report(), "file", "dispatch", "ask_oversight")
    answered = town.walk(town.report(), "file", "dispatch", "ask_oversight", "grant_oversight")
    early = town.report()
    fresh = town.report(now)
    key = town.do(town.report(now), "amend", now, important=True)
    street = town.do(town.report(now), "request_verification", now)
    found = {"late": late, "running": overseen, "answered": answered, "early": early}
    return found | {"fresh": fresh, "key": key, "street": street}


def test_each_tab_shows_its_own_and_counts_them(town: Town) -> None:
    cases = mixed(town)
    for tab in queries.TABS:
        page = client(town).get(URL, {"tab": tab})
        counted = {name: number for name, _, number in page.context["tabs"]}
        shown = [line.case.number for line in page.context["lines"].rows]
        assert (shown, counted[tab]) == ([cases[tab].number], 1), tab


def test_only_what_a_unit_can_answer_is_offered_for_oversight(town: Town) -> None:
    mixed(town)
    for tab, offered in (("late", True), ("early", False), ("running", False), ("answered", True)):
        html = client(town).get(URL, {"tab": tab}).content.decode()
        assert ('value="oversee"' in html) is offered, tab
        assert "只能催办" not in html
    assert "只能催办" in client(town).get(URL, {"tab": "street"}).content.decode()
    back = client(town).get(f"{URL}act/", {"tab": "early"})
    assert (back.status_code, back["Location"]) == (302, f"{URL}?tab=early")


def test_only_who_oversees_and_only_his_own_area(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch")
    assert client(town, "dispatcher").get(URL).status_code == 403
    assert signed_in(factories.stranger()).get(URL).status_code == 403
    east = factories.user(
        "东片领导", town.city.centre, factories.post("leader"), area_code=f"{factories.STREET}002"
    )
    page = signed_in(east).get(URL)
    assert [number for _, _, number in page.context["tabs"]] == [0] * len(queries.TABS)
    told = signed_in(east).post(
        f"{URL}act/", {"chosen": f"{case.pk}:{case.seq}", "word": "urge", "note": "快"}
    )
    assert [(one.done, one.number) for one in told.context["results"]] == [(False, "")]
    assert Case.objects.get(pk=case.pk).urged == 0


def test_several_are_urged_and_each_has_its_result(town: Town) -> None:
    cases = [town.walk(town.report(), "file", "dispatch") for _ in range(3)]
    chosen = ticks(client(town).get(URL).content.decode())
    town.do(cases[2], "assign")
    told = client(town).post(f"{URL}act/", {"chosen": chosen, "word": "urge", "note": "请尽快"})
    results = {one.number: (one.done, one.said) for one in told.context["results"]}
    assert [results[case.number][0] for case in cases] == [True, True, False]
    assert [Case.objects.get(pk=case.pk).urged for case in cases] == [1, 1, 0]
    # What failed stays chosen, and what was typed stays too.
    html = told.content.decode()
    assert len(re.findall(r"checked", html)) == 1
    assert 'value="请尽快"' in html


def test_oversight_is_ordered_with_its_term_and_answered(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch")
    term = timezone.localtime(timezone.now() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    sent = {
        "chosen": f"{case.pk}:{case.seq}", "word": "oversee", "note": "今日内清理", "ground": "overdue",
        "answer_by": term,
    }  # fmt: skip
    assert [one.said for one in client(town).post(f"{URL}act/", sent).context["results"]] == [
        "已督办"
    ]
    case.refresh_from_db()
    assert case.overseen
    assert timezone.localtime(case.oversight_due_at).strftime("%Y-%m-%dT%H:%M") == term
    # The unit finds it among what waits for its answer.
    asked = signed_in(town.city.people["unit"]).get("/requests/").content.decode()
    assert "今日内清理" in asked
    town.do(case, "grant_oversight", timezone.now())
    line = client(town).get(URL, {"tab": "answered"}).context["lines"].rows[0]
    assert (line.answer, line.answered_by, line.answer_due) == ("已安排人员", "环卫所经办", None)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"word": "urge", "note": "快"}, "没有选中案件"),
        ({"word": "urge", "note": " ", "chosen": "1:1"}, "没有填写意见"),
        ({"word": "x", "note": "快", "chosen": "1:1"}, "没有说明催办还是督办"),
        ({"word": "oversee", "note": "快", "chosen": "1:1", "answer_by": "2026-13-40T99:99"}, "答复期限有误"),
        ({"word": "urge", "note": "快", "chosen": "1;drop"}, "无法识别"),
        ({"word": "urge", "note": "快", "chosen": [f"{n}:1" for n in range(1, 202)]}, "至多办理 200 件"),
    ],
)  # fmt: skip
def test_what_was_sent_wrongly_is_told(
    town: Town, sent: dict[str, str | list[str]], said: str
) -> None:
    told = client(town).post(f"{URL}act/", sent)
    assert told.status_code >= 400
    assert said in told.content.decode()


def test_pages_follow_each_other_past_cases_without_a_deadline(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "SIZE", 2)
    cases = [town.walk(town.report(), "file", "dispatch", "ask_oversight") for _ in range(3)]
    cases += [
        town.walk(town.report(), "file", "dispatch", "assign", "submit_handling", "confirm_handled", "ask_oversight")
        for _ in range(2)
    ]  # fmt: skip
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = client(town).get(URL, {"tab": "running", "after": after})
        lines = page.context["lines"]
        seen += [line.case.number for line in lines.rows]
        after = lines.next_cursor
    assert (seen, after) == ([case.number for case in cases], "")


@pytest.mark.parametrize(
    "asked", [{"tab": "x"}, {"after": "x"}, {"after": "2026_x"}, {"after": "9_9"}]
)
def test_a_wrong_address_is_told(town: Town, asked: dict[str, str]) -> None:
    assert client(town).get(URL, asked).status_code in (400, 422)


def test_a_page_asks_no_more_for_three_than_for_one(town: Town) -> None:
    town.walk(town.report(), "file", "dispatch", "ask_oversight")
    one = statements(client(town), f"{URL}?tab=running")
    for _ in range(2):
        town.walk(town.report(), "file", "dispatch", "ask_oversight")
    assert statements(client(town), f"{URL}?tab=running") == one


def test_the_first_page_says_how_much_is_late(town: Town) -> None:
    cases = mixed(town)
    home = client(town).get("/").content.decode()
    assert "1 件超期未督办" in home
    tiles = re.findall(r'\?tab=(\w+)"><span class="stage">\S+?</span><b>(\d+)</b>', home)
    assert tiles == [("late", "1"), ("early", "1"), ("running", "1")]
    assert re.findall(r"/cases/(\d{19})/", home) == [cases["late"].number]
    assert "督办" not in client(town, "acceptor").get("/").content.decode()

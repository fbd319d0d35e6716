"""The inbox of requests: whose it is, that counts are rows, and one word to several."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import factories
import pytest
from cases.town import Town
from django.test import Client
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.models import Case
from chengguan.command.requests import queries
from chengguan.core.errors import Invalid
from chengguan.workflow.models import Request

URL = "/requests/"


def handled(town: Town, *verbs: str) -> Case:
    return town.walk(town.report(), "file", "dispatch", "assign", *verbs)


def client(town: Town, post: str) -> Client:
    return signed_in(town.city.people[post])


def ticks(html: str) -> list[str]:
    return re.findall(r'name="chosen" value="(\d+:\d+)"', html)


def test_what_waits_is_shown_to_who_decides_and_to_nobody_else(town: Town) -> None:
    case = handled(town, "ask_extension")
    shown = {
        post: case.number in client(town, post).get(URL).content.decode()
        for post in ("dispatcher", "unit", "handler", "acceptor", "leader", "other")
    }
    # Leaders approve too; the unit that asked finds it under what it asked for.
    assert shown == {
        "dispatcher": True, "unit": False, "handler": False, "acceptor": False, "leader": True,
        "other": False,
    }  # fmt: skip
    mine = client(town, "unit").get(URL, {"tab": "mine"}).content.decode()
    assert case.number in mine
    assert signed_in(factories.stranger()).get(URL).status_code == 403


def test_the_number_in_the_heading_is_that_of_the_lines(town: Town) -> None:
    for verb in ("ask_extension", "ask_extension", "ask_suspension"):
        handled(town, verb)
    found = client(town, "dispatcher").get(URL)
    assert len(ticks(found.content.decode())) == found.context["total"] == 3
    assert [(kind, number) for kind, _, number in found.context["counts"]] == [
        ("extension", 2),
        ("suspension", 1),
    ]
    one = client(town, "dispatcher").get(URL, {"kind": "suspension"})
    assert len(ticks(one.content.decode())) == 1


def test_who_approved_first_is_not_asked_again(town: Town) -> None:
    both = factories.post("both", "cases.see", "cases.dispatch", "cases.accept")
    person = factories.user("两岗", town.city.centre, both)
    case = handled(town)
    town.do(case, "submit_handling", case.changed_at + timedelta(hours=8))
    town.walk(case, "confirm_handled", "forward", "close", "ask_appeal")
    who = principal_of(person)
    assert queries.to_decide(who).count() == 1
    from chengguan.cases.domain.acting import act

    act(case, "approve_appeal", who, {"reason": ""}, case.changed_at)
    assert queries.to_decide(who).count() == 0
    assert queries.to_decide(town.who("acceptor")).count() == 1


def test_one_word_grants_several_and_says_what_became_of_each(town: Town) -> None:
    cases = [handled(town, "ask_extension"), handled(town, "ask_suspension")]
    page = client(town, "dispatcher").get(URL)
    chosen = ticks(page.content.decode())
    # Somebody else is faster with the second.
    town.do(cases[1], "refuse_suspension")
    told = client(town, "dispatcher").post(
        f"{URL}decide/", {"chosen": chosen, "word": "grant", "reason": ""}
    )
    results = told.context["results"]
    assert [(one.done, one.said) for one in results] == [
        (True, "已同意延期"),
        (False, "派遣员已先审批：未同意。"),
    ]
    assert Case.objects.get(pk=cases[0].pk).extensions == 1
    assert "派遣员已先审批" in told.content.decode()


def test_a_suspension_is_granted_until_the_day_that_was_asked_for(town: Town) -> None:
    # It reaches into the future, as it would when it is granted.
    earlier = timezone.now() - timedelta(minutes=30)
    case = town.walk(town.report(earlier), "file", "dispatch", "assign", "ask_suspension")
    until = Request.objects.get().data["until"]
    page = client(town, "dispatcher").get(URL)
    client(town, "dispatcher").post(
        f"{URL}decide/", {"chosen": ticks(page.content.decode()), "word": "grant"}
    )
    granted = Case.objects.get(pk=case.pk).suspended_until
    assert granted is not None
    assert granted == datetime.fromisoformat(until)


def test_a_case_that_moved_on_since_is_not_decided(town: Town) -> None:
    case = handled(town, "ask_extension")
    page = client(town, "dispatcher").get(URL)
    town.do(case, "urge")
    told = client(town, "dispatcher").post(
        f"{URL}decide/", {"chosen": ticks(page.content.decode()), "word": "grant"}
    )
    assert [one.done for one in told.context["results"]] == [False]
    assert Request.objects.get().status == "pending"
    # It stays chosen, with the number of its newest step.
    assert "checked" in told.content.decode()


def test_a_ruling_is_left_to_its_own_form(town: Town) -> None:
    town.walk(town.report(), "file", "dispatch", "return_to_dispatcher", "dispatch", "ask_return")
    page = client(town, "leader").get(URL)
    chosen = ticks(page.content.decode())
    told = client(town, "leader").post(f"{URL}decide/", {"chosen": chosen, "word": "grant"})
    assert [one.said for one in told.context["results"]] == ["须逐件办理：还要填写审批内容。"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"word": "grant"}, "没有选中申请"),
        ({"word": "refuse", "chosen": "1:1"}, "不同意须写明理由"),
        ({"word": "maybe", "chosen": "1:1"}, "没有说明同意还是不同意"),
        ({"word": "grant", "chosen": "x"}, "无法识别"),
        ({"word": "grant", "chosen": f"{'9' * 30}:1"}, "无法识别"),
        ({"word": "grant", "chosen": f"{'9' * 5000}:1"}, "无法识别"),
        ({"word": "grant", "chosen": ["1:1"] * 101}, "至多审批 100 件"),
    ],
)
def test_what_was_chosen_wrongly_is_told(
    town: Town, sent: dict[str, str | list[str]], said: str
) -> None:
    told = client(town, "dispatcher").post(f"{URL}decide/", sent)
    assert told.status_code >= 400
    assert said in told.content.decode()


@pytest.mark.parametrize(
    "asked", [{"tab": "x"}, {"kind": "x"}, {"after": "x"}, {"after": "2026_1"}]
)
def test_a_wrong_address_is_told(town: Town, asked: dict[str, str]) -> None:
    assert client(town, "dispatcher").get(URL, asked).status_code in (400, 422)


def test_pages_follow_each_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "SIZE", 2)
    numbers = {handled(town, "ask_extension").number for _ in range(5)}
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = client(town, "dispatcher").get(URL, {"after": after})
        lines = page.context["lines"]
        seen += [line.case.number for line in lines.rows]
        after = lines.next_cursor
    assert (set(seen), len(seen), after) == (numbers, 5, "")


def test_a_page_asks_no_more_for_three_than_for_one(town: Town) -> None:
    handled(town, "ask_extension")
    one = statements(client(town, "dispatcher"), URL)
    handled(town, "ask_extension")
    handled(town, "ask_suspension")
    assert statements(client(town, "dispatcher"), URL) == one


def test_a_refusal_without_a_reason_decides_nothing(town: Town) -> None:
    from chengguan.command.requests.domain.deciding import Chosen, decide_each

    case = handled(town, "ask_extension")
    with pytest.raises(Invalid, match="理由"):
        decide_each(
            town.who("dispatcher"), [Chosen(Request.objects.get().pk, case.seq)], False, "  "
        )
    assert Request.objects.get().status == "pending"


def test_who_decided_is_told_to_those_who_see_the_case_alone(town: Town) -> None:
    case = handled(town, "ask_extension")
    chosen = f"{Request.objects.get().pk}:{case.seq}"
    client(town, "dispatcher").post(f"{URL}decide/", {"chosen": chosen, "word": "grant"})
    name = town.city.people["dispatcher"].name
    told = {
        post: name
        in client(town, post)
        .post(f"{URL}decide/", {"chosen": chosen, "word": "grant"})
        .context["results"][0]
        .said
        for post in ("leader", "other")
    }
    assert told == {"leader": True, "other": False}


def test_the_first_page_says_how_many_wait_as_many_as_there_are_lines(town: Town) -> None:
    handled(town, "ask_extension")
    handled(town, "ask_suspension")
    deciding = client(town, "dispatcher")
    lines = len(ticks(deciding.get(URL).content.decode()))
    home = deciding.get("/").content.decode()
    heading, tile = re.findall(r'<a href="/requests/">(.+?)</a>', home)[-2:]
    assert (lines, heading) == (2, "2 件申请待审批")
    assert "<b>2</b>" in tile
    for post in ("unit", "handler"):
        assert "申请待审批" not in client(town, post).get("/").content.decode()
    assert "申请待审批" not in signed_in(factories.stranger()).get("/").content.decode()


def test_the_first_page_asks_once_however_many_wait(town: Town) -> None:
    deciding = client(town, "dispatcher")
    handled(town, "ask_extension")
    one = statements(deciding, "/")
    handled(town, "ask_suspension")
    handled(town, "ask_extension")
    assert statements(deciding, "/") == one


def test_an_order_is_answered_in_words_not_agreed_to(town: Town) -> None:
    case = handled(town, "ask_oversight")
    clerk = client(town, "unit")
    page = clerk.get(URL).content.decode()
    assert "1 件督办等您答复" in page
    assert "答复选中的" in page
    assert "不同意选中的" not in page
    assert "1 件督办待答复" in clerk.get("/").content.decode()
    chosen = ticks(page)
    told = clerk.post(f"{URL}decide/", {"chosen": chosen, "word": "grant", "reason": " "})
    assert [(one.done, one.said) for one in told.context["results"]] == [(False, "请写明答复。")]
    told = clerk.post(f"{URL}decide/", {"chosen": chosen, "word": "grant", "reason": "已派两人"})
    assert [one.done for one in told.context["results"]] == [True]
    assert "答复结果" in told.content.decode()
    case.refresh_from_db()
    assert case.oversight_due_at is None
    back = clerk.get(f"{URL}decide/", {"tab": "mine"})
    assert (back.status_code, back["Location"]) == (302, f"{URL}?tab=mine")
    line = clerk.get(URL, {"tab": "decided"}).context["lines"].rows[0]
    assert line.wants.startswith("限 ")

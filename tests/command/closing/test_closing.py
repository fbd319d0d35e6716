"""The machine closes: allowed by what people decided, by proof alone, once, looked at again blind."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import factories
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import City
from page_clients import signed_in, statements
from proving import Way, checked, filed, handled, proved, step

from chengguan.accounts.domain.principal import principal_of
from chengguan.audit.models import Entry
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.models import Case
from chengguan.cases.stories import stories_of
from chengguan.command.closing.domain import automatic
from chengguan.command.closing.domain.automatic import CLOSING, sweep, tick
from chengguan.command.closing.domain.judging import judge
from chengguan.command.closing.history import share_of, tally_of, tried
from chengguan.command.closing.ledger import CLOSED, to_judge
from chengguan.command.dispatch import history
from chengguan.command.dispatch.domain.judging import review_all
from chengguan.command.dispatch.domain.switching import switch_off, switch_on
from chengguan.command.models import AutomaticClosing, AutomaticRule
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.models import Event, WorkItem

AREA = "310115"
MINUTE = timedelta(minutes=1)


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def arrived(city: City, days: float = 1, way: Way | None = None, **columns: Any) -> Case:
    """Give a case that waits for its closing with its check done, begun some days ago."""
    return proved(city, factories.report(source="collector", at=days_ago(days), **columns), way)


def closed(city: City, days: float, way: Way | None = None) -> Case:
    """Give a case that a person has closed."""
    return step(city, arrived(city, days, way), "acceptor", "close", confirmed=True)


def allowed(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let people close two cases well, and let two be enough."""
    monkeypatch.setattr(history, "NEEDED", 2)
    monkeypatch.setattr("chengguan.command.dispatch.domain.switching.NEEDED", 2)
    for _ in range(2):
        closed(city, 40)


def on(city: City, share: int = 100, who: str = "commander") -> AutomaticRule:
    return switch_on(
        CLOSING, city.principal(who), kind="matter", matter="01001", area=AREA, share=share
    )


def test_history_holds_the_answer_against_what_people_decided(city: City) -> None:
    closed(city, 40)
    closed(city, 5)
    step(city, closed(city, 30), "leader", "reopen_inspected", reason="抽查未清")
    step(city, arrived(city, 20), "acceptor", "refuse_close", reason="角落未清")
    again = arrived(city, 20)
    step(city, again, "acceptor", "request_check", person=city.people["collector2"].pk)
    unproved = handled(city, filed(city, factories.report(source="collector", at=days_ago(30))))
    step(city, unproved, "acceptor", "close", confirmed=True)
    closed(city, 30, Way(check_point=None))
    closed(city, 120)
    supervisor = city.principal("supervisor")
    found = tried(supervisor, timezone.now(), area=AREA)
    assert sorted((one.verb, one.outcome) for one in found) == [
        ("close", "open"),
        ("close", "right"),
        ("close", "unsure"),
        ("close", "unsure"),
        ("close", "wrong"),
        ("refuse_close", "wrong"),
        ("request_check", "wrong"),
    ]
    assert share_of(found) == (3, 5)
    tally = tally_of(supervisor, timezone.now(), "matter", "01001", AREA)
    assert (tally.right, tally.wrong, tally.unsure, tally.open) == (1, 3, 2, 1)
    assert tried(principal_of(factories.stranger()), timezone.now()) == []


def test_what_is_shown_of_history_is_its_rows(city: City) -> None:
    closed(city, 40)
    closed(city, 5)
    closed(city, 30, Way(check_point=None))
    client = signed_in(city.people["commander"])
    page = client.get("/closing/", {"area": AREA}).content.decode()
    assert "件（66.7%）" in page
    links = re.findall(r'href="(/closing/history/[^"]*)">(\d+)</a>', page)
    assert [count for _, count in links] == ["3", "2", "1", "0", "1", "1"]
    for url, count in links:
        shown = client.get(url.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r'href="/cases/\d{19}/"', shown)) == int(count), url


def test_who_switches_it_on_must_be_able_to_close(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Conflict, match="不足 20 件，不能开启自动结案"):
        on(city)
    allowed(city, monkeypatch)
    for who in ("supervisor", "acceptor"):
        with pytest.raises(NotAllowed, match="自动结案"):
            on(city, who=who)
        refused = Entry.objects.filter(action="automatic_closing.on", result="refused")
        assert refused.filter(actor_id=city.people[who].pk).count() == 1
    with pytest.raises(Invalid, match="5 至 100"):
        on(city, share=4)
    rule = on(city)
    assert (rule.act, rule.history_right, rule.history_all) == ("close", 2, 2)
    with pytest.raises(Conflict, match="已经开启自动结案"):
        on(city)
    step(city, arrived(city, 10), "acceptor", "refuse_close", reason="角落未清")
    switch_off(CLOSING, city.principal("commander"), rule, reason="复查")
    with pytest.raises(Conflict, match=r"66\.7%，低于 98%，不能开启自动结案"):
        on(city)
    assert Entry.objects.filter(action="automatic_closing.off").count() == 1


def test_only_what_is_proved_is_closed_and_once(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(city, monkeypatch)
    case = arrived(city)
    assert tick() == 0
    rule = on(city)
    weak = arrived(city, way=Way(check_point=None))
    claimed = arrived(city)
    WorkItem.objects.filter(instance_id=claimed.pk, closed_at=None).update(claimed_by=1)
    assert (tick(), tick(), sweep()) == (1, 0, 0)
    case.refresh_from_db()
    event = Event.objects.get(instance_id=case.pk, verb="close_automatically")
    assert (case.state, event.actor, event.data["proof"]["version"]) == (
        "closed",
        "自动结案",
        "proof@1",
    )
    line = AutomaticClosing.objects.get()
    assert (line.rule_id, line.event_id, line.basis, line.drawn, line.decoy) == (
        rule.pk, event.pk, "proof@1", True, False,
    )  # fmt: skip
    assert set(line.people) >= {
        city.people[one].pk for one in ("acceptor", "dispatcher", "handler", "collector2")
    }
    states = set(Case.objects.filter(pk__in=[weak.pk, claimed.pk]).values_list("state", flat=True))
    assert states == {"awaiting_close"}
    assert verify().differences == []


def test_a_check_that_comes_later_is_looked_at(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(city, monkeypatch)
    on(city)
    case = handled(city, filed(city, factories.report(source="collector", at=days_ago(1))))
    assert tick() == 0
    with CaptureQueriesContext(connection) as asked:
        assert tick() == 0
    # The queue alone: what was left to people is not read again.
    assert len([one for one in asked if "workflow_workitem" in one["sql"]]) == 1
    assert not [one for one in asked if "cases_case" in one["sql"]]
    checked(city, case)
    assert tick() == 1


def test_nothing_on_asks_nothing(city: City) -> None:
    arrived(city)
    tick()
    with CaptureQueriesContext(connection) as asked:
        assert tick() == 0
    assert len(asked) == 0


def test_of_two_workers_one_wins(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(city, monkeypatch)
    rule, case = on(city), arrived(city)
    same = [Case.objects.get(pk=case.pk) for _ in range(2)]
    (story,) = stories_of([vars(case)])
    done = [automatic._close(one, rule, story, timezone.now()) for one in same]
    assert done == [True, False]
    assert AutomaticClosing.objects.count() == 1
    assert Event.objects.filter(instance_id=case.pk, verb="close_automatically").count() == 1


def test_switched_off_or_killed_in_between_leaves_nothing_half(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(city, monkeypatch)
    rule, case = on(city), arrived(city)
    known = CLOSING.rules_on()
    switch_off(CLOSING, city.principal("commander"), rule, reason="复查")
    with monkeypatch.context() as patch:
        patch.setattr("chengguan.command.dispatch.domain.machines._rules_on", lambda: known)
        assert tick() == 0
    on(city)

    def killed(*args: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(automatic, "line_of", killed)
        with pytest.raises(RuntimeError):
            tick()
    assert Case.objects.get(pk=case.pk).state == "awaiting_close"
    assert tick() == 1


def test_looking_again_is_blind_mixed_and_not_by_ones_own(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(city, monkeypatch)
    rule = on(city)
    refused = step(city, arrived(city, 3), "acceptor", "refuse_close", reason="角落未清")
    case = arrived(city)
    assert tick() == 1
    lines = {one.case_id: one for one in AutomaticClosing.objects.all()}
    assert {one.decoy for one in lines.values()} == {True, False}
    for who in ("acceptor", "commander"):
        assert to_judge(city.principal(who)).count() == 0
        with pytest.raises(NotAllowed, match=r"经办过|开启"):
            judge(lines[case.pk], city.principal(who), closable=True)
    with pytest.raises(NotAllowed):
        judge(lines[case.pk], city.principal("leader"), closable=True)
    other = factories.user("另一受理员", city.centre, factories.post("acceptor"))
    client = signed_in(other)
    page = client.get("/closing/recheck/").content.decode()
    assert "还有 2 件" in page
    for told in (case.number, refused.number, "已解决", "角落未清", "checked"):
        assert told not in page
    # The refusal is the older one; nothing on the page says so.
    url = f"/closing/recheck/{lines[refused.pk].pk}/"
    assert client.post(url, {"closable": "no"}).status_code == 422
    assert client.post(url, {"note": "角落"}).status_code == 422
    said = client.post(url, {"closable": "no", "note": "角落"}, follow=True).content.decode()
    assert "是对照件，当时由人不予结案，与您的判断一致" in said
    assert client.post(url, {"closable": "no", "note": "角落"}).status_code == 409
    assert CLOSED.of_rule(rule, city.principal("commander")) == (0, 0, 1)
    page = signed_in(city.people["commander"]).get("/closing/", {"area": AREA}).content.decode()
    assert 'decoys/">1</a>' in page
    shown = signed_in(city.people["commander"]).get("/closing/decoys/?verdict=right")
    assert refused.number in shown.content.decode()
    answer = client.post(
        f"/closing/recheck/{lines[case.pk].pk}/", {"closable": "no", "note": "仍有"}, follow=True
    )
    assert "与您的判断不一致；已通知开启人" in answer.content.decode()
    rule.refresh_from_db()
    assert rule.off_reason == "正确率 0.0%（0/1），低于 98%，系统自动关闭。"
    for topic in ("command.automatic_closing_wrong", "command.automatic_closing_off"):
        told = OutboxMessage.objects.get(topic=topic)
        assert told.user_ids == [city.people["commander"].pk]
    assert Entry.objects.filter(action="automatic_closing.judge").count() == 2
    arrived(city)
    assert tick() == 0


def test_a_refusal_is_a_decoy_once(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(city, monkeypatch)
    rule = on(city)
    assert automatic.add_decoy(rule) is None
    step(city, arrived(city, 3), "acceptor", "refuse_close", reason="角落未清")
    first, second = automatic.add_decoy(rule), automatic.add_decoy(rule)
    assert first is not None
    assert second is None


def test_what_is_reopened_was_wrong_and_what_stands_was_right(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(city, monkeypatch)
    rule = on(city, share=5)
    cases = [arrived(city) for _ in range(3)]
    assert tick() == 3
    AutomaticClosing.objects.update(drawn=False)
    AutomaticClosing.objects.filter(case_id=cases[0].pk).update(at=days_ago(16))
    commander = city.principal("commander")
    assert CLOSED.of_rule(rule, commander) == (1, 0, 3)
    assert review_all(CLOSING) == 0
    case = Case.objects.get(pk=cases[1].pk)
    step(city, case, "commander", "reopen_inspected", reason="抽查未清")
    assert CLOSED.of_rule(rule, commander) == (1, 1, 3)
    page = signed_in(city.people["commander"]).get("/closing/", {"area": AREA}).content.decode()
    links = re.findall(r'href="(/closing/(?:rows/|\d+/)[^"]*)">(\d+)</a>', page)
    assert len(links) == 9
    for url, count in links:
        shown = signed_in(city.people["commander"]).get(url.replace("&amp;", "&"))
        assert len(re.findall(r'href="/cases/\d{19}/"', shown.content.decode())) == int(count), url
    assert not CLOSED.rows_of(principal_of(factories.stranger())).exists()
    assert review_all(CLOSING) == 1
    rule.refresh_from_db()
    assert rule.off_by == "自动结案"
    # A rule of closing is none of dispatch.
    assert signed_in(city.people["commander"]).get(f"/closing/{rule.pk}/").status_code == 200
    other = signed_in(city.people["supervisor"]).get(f"/dispatch/automatic/{rule.pk}/")
    assert other.status_code == 404


def test_a_stranger_sees_nothing_and_a_neighbour_not_these_rules(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(city, monkeypatch)
    rule = on(city)
    stranger = signed_in(factories.stranger())
    for url in ("/closing/", "/closing/recheck/", "/closing/decoys/", "/closing/rows/"):
        assert stranger.get(url).status_code == 403, url
    far = factories.user("邻区受理员", city.centre, factories.post("acceptor"), area_code="310116")
    page = signed_in(far).get("/closing/", {"area": AREA})
    assert (page.status_code, page.context["rules"], page.context["tallies"]) == (200, [], [])
    assert signed_in(far).get(f"/closing/{rule.pk}/").status_code == 404
    off = signed_in(city.people["acceptor"]).post(f"/closing/{rule.pk}/off/", {"reason": "不要"})
    assert off.status_code == 403


def test_a_page_costs_the_same_for_more(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(city, monkeypatch)
    on(city)
    client = signed_in(city.people["commander"])
    arrived(city)
    tick()
    pages = ("/closing/?area=310115", "/closing/rows/")
    few = [statements(client, url) for url in pages]
    for _ in range(2):
        arrived(city)
    tick()
    closed(city, 40)
    assert [statements(client, url) for url in pages] == few
    with CaptureQueriesContext(connection) as asked:
        tried(city.principal("commander"), timezone.now(), area=AREA)
    assert len(asked) == 3


def test_an_upgrade_lets_the_commander_close_and_nobody_else(city: City) -> None:
    held = factories.post("commander_city", "cases.see", "command.automatic")
    other = factories.post("planner", "cases.see")
    upgrade = import_module("chengguan.command.migrations.0006_automatic_closing")
    for _ in range(2):
        upgrade.may_close(apps, None)
    held.refresh_from_db()
    other.refresh_from_db()
    assert held.capabilities == ["cases.see", "command.automatic", "cases.close"]
    assert other.capabilities == ["cases.see"]

"""The machine: switched on by what history says, at most once, looked at again, stopped when it errs."""

from __future__ import annotations

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import City, duty
from page_clients import signed_in

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.models import Case
from chengguan.command.dispatch import history
from chengguan.command.dispatch.accuracy import DISPATCHED
from chengguan.command.dispatch.domain import automatic
from chengguan.command.dispatch.domain.automatic import DISPATCHING, sweep, tick
from chengguan.command.dispatch.domain.judging import judge, review_all
from chengguan.command.dispatch.domain.machines import is_drawn
from chengguan.command.dispatch.domain.switching import switch_off, switch_on
from chengguan.command.models import AutomaticDispatch, AutomaticRule
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.models import Event

from .steps import do, filed, handled

AREA = "310115"


def proved(city: City, monkeypatch: pytest.MonkeyPatch, needed: int = 2) -> None:
    """Handle two cases as the duties say, and let two be enough."""
    monkeypatch.setattr(history, "NEEDED", needed)
    monkeypatch.setattr("chengguan.command.dispatch.domain.switching.NEEDED", needed)
    for _ in range(2):
        handled(city, do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk))


def on(city: City, share: int = 100) -> AutomaticRule:
    return switch_on(
        DISPATCHING,
        city.principal("supervisor"),
        kind="matter",
        matter="01001",
        area=AREA,
        share=share,
        at=timezone.now() + timedelta(hours=1),
    )


def test_history_is_shown_and_asked_before(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Conflict, match="不足 20 件"):
        on(city)
    proved(city, monkeypatch)
    wrong = do(
        city, filed(city), "dispatcher", "dispatch", unit=city.other_unit.pk, override="就近"
    )
    handled(city, wrong, "other")
    with pytest.raises(Conflict, match=r"66\.7%"):
        on(city)
    client = signed_in(city.people["supervisor"])
    later = timezone.now() + timedelta(hours=1)
    found = history.tried(city.principal("supervisor"), later, area=AREA)
    assert sorted(one.outcome for one in found) == ["right", "right", "wrong"]
    page = client.get(f"/dispatch/automatic/?area={AREA}").content.decode()
    assert "历史一致率" in page
    with pytest.raises(NotAllowed):
        switch_on(
            DISPATCHING, city.principal("dispatcher"), kind="matter", matter="01001", area=AREA
        )
    for bad in ({"matter": "99999"}, {"area": "3101150"}, {"share": 0}):
        asked = {"kind": "matter", "matter": "01001", "area": AREA, "share": 5, **bad}
        with pytest.raises(Invalid):
            switch_on(DISPATCHING, city.principal("supervisor"), **asked)  # type: ignore[arg-type]


def test_only_what_is_certain_is_dispatched_and_once(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(city, monkeypatch)
    waiting = filed(city)
    assert tick() == 0
    on(city)
    returned = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    do(city, returned, "unit", "return_to_dispatcher", reason="不属本单位")
    important = factories.report(source="collector")
    do(city, important, "acceptor", "file", matter="01001", rule=city.rule.pk, important=True)
    east = filed(city, lon=121.925, lat=30.89)
    duty(city.other_unit, f"{factories.STREET}002")
    duty(city.unit, f"{factories.STREET}002")
    assert (tick(), tick(), sweep()) == (1, 0, 0)
    states = {one.pk: one.state for one in Case.objects.filter(closed_at=None)}
    assert states[waiting.pk] == "awaiting_handling"
    assert {states[one.pk] for one in (returned, important, east)} == {"awaiting_dispatch"}
    line = AutomaticDispatch.objects.get()
    event = Event.objects.get(pk=line.event_id)
    assert (line.case_id, line.unit_id, line.drawn) == (waiting.pk, city.unit.pk, True)
    assert (event.verb, event.actor, event.data["trace"]["status"]) == (
        "dispatch_automatically",
        "自动派遣",
        "one",
    )
    assert line.basis == event.data["trace"]["lines"][0]["rule"]
    assert verify().differences == []


def test_only_who_dispatches_is_led_to_looking_again(city: City) -> None:
    for who, led in (("supervisor", False), ("dispatcher", True)):
        client = signed_in(city.people[who])
        page = client.get("/dispatch/automatic/").content.decode()
        assert ("/dispatch/automatic/recheck/" in page) is led
        answer = client.get("/dispatch/automatic/recheck/")
        assert (answer.status_code == 200) is led


def test_nothing_on_asks_nothing(city: City) -> None:
    filed(city)
    tick()
    with CaptureQueriesContext(connection) as asked:
        assert tick() == 0
    assert len(asked) == 0


def test_a_conflict_ruled_is_dispatched_without_waiting(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(city, monkeypatch)
    on(city)
    duty(city.other_unit)
    case = filed(city)
    assert tick() == 0
    do(city, case, "dispatcher", "ask_ruling", reason="两家推诿")
    assert tick() == 0
    do(city, case, "leader", "grant_ruling", unit=city.other_unit.pk, reason="绿化带")
    assert tick(case.changed_at) == 1
    line = AutomaticDispatch.objects.get()
    assert (line.unit_id, line.basis.startswith("precedent:")) == (city.other_unit.pk, True)


def test_a_crash_between_leaves_nothing_half(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    proved(city, monkeypatch)
    on(city)
    case = filed(city)

    def killed(*args: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(automatic, "line_of", killed)
    with pytest.raises(RuntimeError):
        tick()
    monkeypatch.undo()
    assert Case.objects.get(pk=case.pk).state == "awaiting_dispatch"
    assert not Event.objects.filter(instance_id=case.pk, verb="dispatch_automatically").exists()
    assert tick() == 1


def test_looking_again_is_blind_and_an_error_switches_off(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(city, monkeypatch)
    rule = on(city)
    first, second = filed(city), filed(city)
    assert tick() == 2
    client = signed_in(city.people["dispatcher"])
    page = client.get("/dispatch/automatic/recheck/").content.decode()
    assert "还有 2 件" in page
    assert "selected" not in page
    lines = {one.case_id: one for one in AutomaticDispatch.objects.all()}
    with pytest.raises(NotAllowed):
        judge(lines[first.pk], city.principal("unit"), unit=city.unit.pk)
    url = f"/dispatch/automatic/recheck/{lines[first.pk].pk}/"
    said = client.post(url, {"unit": city.unit.pk}, follow=True).content.decode()
    assert "与自动派遣一致" in said
    assert client.post(url, {"unit": city.unit.pk}).status_code == 409
    assert AutomaticRule.objects.get(pk=rule.pk).off_at is None
    url = f"/dispatch/automatic/recheck/{lines[second.pk].pk}/"
    answer = client.post(url, {"unit": city.other_unit.pk, "note": "绿化带"}, follow=True)
    assert "不一致：系统派给环卫所" in answer.content.decode()
    rule.refresh_from_db()
    assert rule.off_reason.startswith("正确率 50.0%（1/2）")
    told = OutboxMessage.objects.get(topic="command.automatic_off")
    assert told.user_ids == [city.people["supervisor"].pk]
    third = filed(city)
    assert tick() == 0
    assert Case.objects.get(pk=third.pk).state == "awaiting_dispatch"


def test_what_another_unit_handled_counts_as_wrong(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(city, monkeypatch)
    rule = on(city, share=1)
    case, kept = filed(city), filed(city)
    assert tick() == 2
    case.refresh_from_db()
    kept.refresh_from_db()
    supervisor = city.principal("supervisor")
    assert DISPATCHED.of_rule(rule, supervisor) == (0, 0, 2)
    handled(city, kept)
    do(city, case, "unit", "return_to_dispatcher", reason="绿化带")
    do(city, case, "dispatcher", "dispatch", unit=city.other_unit.pk, override="绿化带")
    assert DISPATCHED.of_rule(rule, supervisor) == (1, 1, 2)
    (week,) = DISPATCHED.by_week(supervisor, timezone.now())
    assert (week.all, week.right, week.wrong, week.percent) == (2, 1, 1, "50.0%")
    for outcome, count in (("right", week.right), ("wrong", week.wrong), ("", week.all)):
        rows = DISPATCHED.rows_of(
            supervisor, week=week.week, matter=week.matter, basis=week.basis, outcome=outcome
        )
        assert rows.count() == count
    assert not DISPATCHED.rows_of(principal_of(factories.stranger())).exists()
    client = signed_in(city.people["supervisor"])
    for url in (
        f"/dispatch/automatic/{rule.pk}/?outcome=wrong",
        f"/dispatch/automatic/rows/?week={week.week}&outcome=wrong",
        f"/dispatch/automatic/history/?area={AREA}&matter=matter:01001",
        "/dispatch/automatic/",
    ):
        assert client.get(url).status_code == 200, url
    # Who knows the seed of what runs knows which of his cases nobody will look at again.
    address = f"/dispatch/automatic/{rule.pk}/"
    assert str(rule.seed) not in client.get(address).content.decode()
    assert review_all(DISPATCHING) == 1
    rule.refresh_from_db()
    assert rule.off_by == "自动派遣"
    assert str(rule.seed) in client.get(address).content.decode()


def test_switching_off_wants_a_reason_and_happens_once(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(city, monkeypatch)
    rule = on(city)
    with pytest.raises(Conflict, match="已经开启"):
        on(city)
    supervisor = city.principal("supervisor")
    with pytest.raises(Invalid):
        switch_off(DISPATCHING, supervisor, rule, reason=" ")
    switch_off(DISPATCHING, supervisor, rule, reason="权责调整")
    with pytest.raises(Conflict):
        switch_off(DISPATCHING, supervisor, rule, reason="权责调整")
    on(city)


def test_the_draw_is_its_seed(city: City) -> None:
    rule = AutomaticRule(seed=7, share=5)
    numbers = [f"31011520260302{n:05d}" for n in range(4000)]
    drawn = [one for one in numbers if is_drawn(rule, one)]
    assert drawn == [one for one in numbers if is_drawn(AutomaticRule(seed=7, share=5), one)]
    assert 160 <= len(drawn) <= 240
    assert all(is_drawn(AutomaticRule(seed=7, share=100), one) for one in numbers[:50])
    assert Principal.system("x").is_system


def test_rules_of_another_district_are_not_shown_for_the_asking(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(city, monkeypatch)
    rule = on(city)
    far = factories.user(
        "邻区派遣员", city.centre, factories.post("dispatcher"), area_code="310116"
    )
    for _ in ("on", "off"):
        page = signed_in(far).get("/dispatch/automatic/", {"area": AREA})
        assert (page.status_code, page.context["rules"], page.context["off"]) == (200, [], [])
        if rule.off_at is None:
            switch_off(DISPATCHING, city.principal("supervisor"), rule, reason="试验结束")
            rule.refresh_from_db()


def test_a_post_for_one_unit_switches_nothing_for_the_others(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine dispatches to whatever unit the duties name: an area is needed for that."""
    proved(city, monkeypatch)
    post = factories.post("unit_machinist", "cases.see", "command.automatic", by_unit=True)
    bound = factories.user("单位自动化员", city.unit, post, area_code=AREA)
    who = principal_of(bound)
    asked = {"kind": "matter", "matter": "01001", "area": AREA}
    with pytest.raises(NotAllowed):
        switch_on(DISPATCHING, who, **asked)  # type: ignore[arg-type]
    rule = on(city)
    with pytest.raises(NotAllowed):
        switch_off(DISPATCHING, who, rule, reason="本单位忙")

    client = signed_in(bound)
    page = client.get("/dispatch/automatic/", {"area": AREA})
    assert (page.context["may_switch"], page.context["rules"]) == (False, [])
    assert client.get(f"/dispatch/automatic/{rule.pk}/").status_code == 404
    given = {"matter": "matter:01001", "area": AREA}
    assert client.post("/dispatch/automatic/on/", given).status_code in (403, 422)
    rule.refresh_from_db()
    assert rule.off_at is None

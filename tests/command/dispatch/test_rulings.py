"""From a conflict to a ruling to the next like case, and what the ruling changed, row by row."""

from __future__ import annotations

import re

import factories
from django.utils import timezone
from factories import City, duty
from page_clients import signed_in, statements

from chengguan.accounts.domain.principal import principal_of
from chengguan.command.dispatch.queries import dispatch_view, queue
from chengguan.command.dispatch.rulings import disputes, like_cases, part_of
from chengguan.registry.models import Precedent

from .steps import do, filed


def test_the_whole_way(city: City) -> None:
    rival = duty(city.other_unit)
    case = filed(city)
    clerk, arbiter = signed_in(city.people["dispatcher"]), signed_in(city.people["leader"])
    assert "申请裁定" in clerk.get(f"/dispatch/cases/{case.number}/").content.decode()
    asked = {"reason": "两家都说不归自己", "basis": "市容条例第十条", "seq": case.seq}
    assert clerk.post(f"/cases/{case.number}/verbs/ask_ruling/act/", asked).status_code == 302
    inbox = arbiter.get("/dispatch/rulings/").content.decode()
    for words in (case.number, "两家都说不归自己", "市容条例第十条", "派遣员申请", "裁定期限"):
        assert words in inbox
    assert f"/cases/{case.number}/verbs/grant_ruling/" in inbox
    # The one inbox has it too, as many as the page of rulings, and leads to its story.
    asked_for = arbiter.get("/requests/")
    assert {kind: n for kind, _, n in asked_for.context["counts"]} == {"ruling": 1}
    assert (
        asked_for.context["disputed"]
        == 1
        == len(disputes(city.principal("leader"), timezone.now()))
    )
    assert f'/dispatch/rulings/#dispute-{case.number}"' in asked_for.content.decode()
    assert f'id="dispute-{case.number}"' in inbox
    ruled = {"unit": city.other_unit.pk, "reason": "位于绿化带", "reach": "street"}
    answer = arbiter.post(f"/cases/{case.number}/verbs/grant_ruling/act/", ruled)
    assert answer.status_code == 302
    assert not disputes(city.principal("leader"), timezone.now())
    ruling = Precedent.objects.get()
    following = filed(city)
    view = dispatch_view(city.principal("dispatcher"), following, timezone.now())
    assert (view.status, view.chosen) == ("one", city.other_unit.pk)
    assert view.resolution.reason.startswith("按裁定先例")
    assert [line.certain for line in queue(city.principal("dispatcher"), timezone.now())] == [
        True,
        True,
    ]
    done = clerk.post("/dispatch/many/", {"case": [case.number, following.number]}).content.decode()
    assert "2 件中已派遣 2 件" in done
    listed = clerk.get("/dispatch/precedents/").content.decode()
    assert f'<a href="/dispatch/precedents/{ruling.pk}/">2</a>' in listed
    page = clerk.get(f"/dispatch/precedents/{ruling.pk}/").content.decode()
    assert {case.number, following.number} <= set(re.findall(r"/cases/(\d{19})/", page))
    assert "撤销先例" not in page
    refused = clerk.post(f"/dispatch/precedents/{ruling.pk}/revoke/", {"reason": "权责已改"})
    assert refused.status_code == 403
    gone = arbiter.post(
        f"/dispatch/precedents/{ruling.pk}/revoke/", {"reason": "权责已改"}, follow=True
    )
    assert "已撤销" in gone.content.decode()
    later = filed(city)
    assert dispatch_view(city.principal("dispatcher"), later, timezone.now()).status == "conflict"
    assert rival.pk


def test_a_second_return_shows_its_history(city: City) -> None:
    case = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
    do(city, case, "unit", "return_to_dispatcher", reason="在绿化带", basis="绿化条例")
    do(city, case, "dispatcher", "dispatch", unit=city.unit.pk)
    do(city, case, "unit", "return_to_dispatcher", reason="仍在绿化带")
    (one,) = disputes(city.principal("leader"), timezone.now())
    assert one.verbs == ("grant_return", "refuse_return")
    assert [(turn.title, turn.unit, turn.reason) for turn in one.turns] == [
        ("派遣", "监督指挥中心", ""),
        ("退回派遣员", "环卫所", "在绿化带"),
        ("派遣", "监督指挥中心", ""),
        ("申请回退仲裁", "环卫所", "仍在绿化带"),
    ]
    assert disputes(city.principal("dispatcher"), timezone.now()) == []
    assert disputes(principal_of(factories.stranger()), timezone.now()) == []


def test_before_and_after_are_counted_from_rows(city: City) -> None:
    who = city.principal("leader")
    for returned in (0, 1, 2):
        case = do(city, filed(city), "dispatcher", "dispatch", unit=city.unit.pk)
        type(case).objects.filter(pk=case.pk).update(returns=returned)
    ruling = Precedent.objects.create(
        kind="matter",
        matter_code="01001",
        area_code="310115501",
        organisation=city.unit,
        reason="路面",
        ruled_by="值班领导",
        ruled_at=timezone.now(),
        valid_from=timezone.localdate(),
    )
    type(ruling).objects.filter(pk=ruling.pk).update(ruled_at=case.changed_at)
    ruling.refresh_from_db()
    later = filed(city, at=case.changed_at)
    do(city, later, "dispatcher", "dispatch", unit=city.unit.pk)
    before, after = (part_of(who, ruling, part) for part in ("before", "after"))
    assert (before.cases, before.hops, before.twice) == (3, 2.0, 1)
    assert (after.cases, after.hops, after.twice) == (1, 1.0, 0)
    for part, count in (("before", 3), ("after", 1)):
        assert like_cases(who, ruling, part).count() == count
    client = signed_in(city.people["leader"])
    page = client.get(f"/dispatch/precedents/{ruling.pk}/?part=before&twice=1").content.decode()
    assert "1 件 · " in page
    few = statements(client, f"/dispatch/precedents/{ruling.pk}/?part=after")
    assert statements(client, f"/dispatch/precedents/{ruling.pk}/?part=before") == few


def test_a_stranger_finds_no_ruling(city: City) -> None:
    keeper = signed_in(city.people["keeper"])
    assert keeper.get("/dispatch/precedents/4242/").status_code == 404
    assert signed_in(factories.stranger()).get("/dispatch/precedents/").status_code == 403


def test_who_rules_for_some_matters_is_shown_the_disputes_of_these(city: City) -> None:
    duty(city.other_unit)
    case = do(city, filed(city), "dispatcher", "ask_ruling", reason="两家都说不归自己")
    posts = factories.post("leader")
    shown = {
        matters: [
            one.row.number
            for one in disputes(
                principal_of(
                    factories.user(
                        "专项领导", city.centre, posts, area_code=factories.DISTRICT, matters=[matters]
                    )
                ),
                timezone.now(),
            )
        ]
        for matters in ("01", "03")
    }  # fmt: skip
    assert shown == {"01": [case.number], "03": []}

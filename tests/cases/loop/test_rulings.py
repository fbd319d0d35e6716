"""A dispatcher in doubt asks; the arbiter's ruling is followed by the next like case, and says so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from factories import duty, post, user

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.models import Case, PrecedentUse
from chengguan.core.errors import Conflict, NotAllowed
from chengguan.registry.domain.duty import resolve
from chengguan.registry.domain.precedents import revoke_precedent
from chengguan.registry.models import Precedent
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Event, Request

from ..town import START, SYSTEM, Town

GRID = "310115501001003"


def disputed(town: Town) -> Case:
    """Two units with equal duties: nobody can say whose it is."""
    duty(town.city.other_unit)
    return town.walk(town.report(), "file")


def test_a_conflict_is_ruled_and_the_next_like_case_follows(town: Town) -> None:
    case = disputed(town)
    with pytest.raises(WrongState, match="同样明确"):
        town.do(case, "dispatch")
    town.walk(case, "ask_ruling")
    # The dispatcher's own clock rests while he waits; the arbiter has a day and a night.
    assert Case.objects.get(pk=case.pk).stage_due_at is None
    asked = Request.objects.get(instance_id=case.pk)
    assert (asked.kind, asked.due_at) == ("ruling", asked.asked_at + timedelta(hours=24))
    town.do(case, "grant_ruling", case.changed_at + timedelta(hours=1), reach="street")
    assert case.stage_due_at is not None
    ruling = Precedent.objects.get(case_number=case.number)
    assert (ruling.area_code, ruling.organisation_id) == ("310115501", town.city.other_unit.pk)
    other = town.city.other_unit.pk
    town.do(case, "dispatch", unit=other)
    second = town.walk(town.report(case.changed_at), "file")
    town.do(second, "dispatch", unit=other)
    uses = list(
        PrecedentUse.objects.order_by("at").values_list("case_id", "precedent_id", "automatic")
    )
    assert uses == [(case.pk, ruling.pk, False), (second.pk, ruling.pk, False)]
    # An override isn't a use.
    third = town.walk(town.report(case.changed_at), "file")
    town.do(third, "dispatch", override="现场就近")
    assert PrecedentUse.objects.count() == 2
    assert verify().differences == []


def test_an_ordinary_dispatch_writes_nothing_of_rulings(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch")
    event = Event.objects.get(instance_id=case.pk, verb="dispatch")
    assert event.data == {"unit": town.city.unit.pk}
    assert not {"assisting", "assisted", "await_assist"} & set(event.effects["set"])
    assert not PrecedentUse.objects.exists()


def test_a_plain_case_is_not_ruled(town: Town) -> None:
    case = town.walk(town.report(), "file")
    with pytest.raises(WrongState, match="可直接派遣"):
        town.do(case, "ask_ruling")


def test_dispatching_all_the_same_makes_the_request_void(town: Town) -> None:
    case = disputed(town)
    town.walk(case, "ask_ruling")
    town.do(case, "dispatch", override="先行处置，避免危险")
    assert Request.objects.get(instance_id=case.pk).status == "void"
    assert verify().differences == []


def test_a_ruling_ends_when_revoked_and_the_past_stays(town: Town) -> None:
    case = disputed(town)
    town.walk(case, "ask_ruling")
    town.do(case, "grant_ruling", until=date(2026, 12, 31))
    ruling = Precedent.objects.get()
    assert ruling.valid_to == date(2026, 12, 31)
    later = case.changed_at + timedelta(days=2)
    with pytest.raises(NotAllowed):
        revoke_precedent(ruling.pk, town.who("dispatcher"), reason="权责已改")
    revoke_precedent(ruling.pk, town.who("leader"), reason="权责已改", at=later)
    with pytest.raises(Conflict, match="已经撤销"):
        revoke_precedent(ruling.pk, town.who("leader"), reason="再撤", at=later)
    before = resolve("matter", "01001", later - timedelta(seconds=1), area_code=GRID)
    after = resolve("matter", "01001", later, area_code=GRID)
    assert (before.status, after.status) == ("one", "conflict")
    assert before.trace[0].precedent_id == ruling.pk


def test_the_machine_dispatches_what_is_plain_and_keeps_the_trace(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch_automatically")
    event = Event.objects.get(instance_id=case.pk, verb="dispatch_automatically")
    trace = event.data["trace"]
    assert (trace["status"], trace["unit"]) == ("one", town.city.unit.pk)
    assert [line["won"] for line in trace["lines"]] == [True]
    assert trace["lines"][0]["rule"].endswith("@1")
    assert (case.unit_id, case.dispatcher_id) == (town.city.unit.pk, None)
    assert verify().differences == []


@pytest.mark.parametrize("why", ["returned", "important", "conflict", "another", "asked"])
def test_the_machine_leaves_alone_what_is_not(town: Town, why: str) -> None:
    case = town.report()
    if why == "important":
        town.do(case, "amend", important=True)
    town.walk(case, "file")
    unit = town.city.unit.pk
    if why == "returned":
        town.walk(case, "dispatch", "return_to_dispatcher")
    elif why == "another":
        unit = town.city.other_unit.pk
    elif why in ("conflict", "asked"):
        rival = duty(town.city.other_unit)
        if why == "asked":
            town.walk(case, "ask_ruling")
            type(rival).objects.filter(pk=rival.pk).update(
                valid_to=START.date() - timedelta(days=1)
            )
            from chengguan.store import revisions

            revisions.bump("duties")
    with pytest.raises(WrongState, match="自动派遣"):
        act(case, "dispatch_automatically", SYSTEM, {"unit": unit}, case.changed_at)


def test_a_ruling_reaches_no_farther_than_its_makers_post(town: Town) -> None:
    street = user(
        "街道领导", town.city.centre, post("leader"), username="street", area_code=GRID[:9]
    )
    case = disputed(town)
    town.walk(case, "ask_ruling")
    data = {"unit": town.city.other_unit.pk, "reason": "位于绿化带内"}
    with pytest.raises(WrongState, match="超出您的辖区"):
        act(case, "grant_ruling", principal_of(street), {**data, "reach": "district"})
    assert not Precedent.objects.exists()
    act(case, "grant_ruling", principal_of(street), {**data, "reach": "street"})
    assert Precedent.objects.get().area_code == GRID[:9]


@pytest.mark.parametrize("verb", ["grant_return", "refuse_return"])
def test_who_dispatched_a_case_does_not_rule_on_its_return(town: Town, verb: str) -> None:
    both = user(
        "派遣兼领导", town.city.centre, post("leader"), post("dispatcher"), username="both",
        area_code=GRID[:6],
    )  # fmt: skip
    case = town.walk(town.report(), "file", "dispatch", "return_to_dispatcher")
    act(case, "dispatch", principal_of(both), {"unit": town.city.unit.pk}, case.changed_at)
    town.walk(case, "ask_return")
    with pytest.raises(WrongState, match="是您派遣的"):
        act(case, verb, principal_of(both), town.data(verb))
    assert not Precedent.objects.exists()
    town.walk(case, verb)

"""Who hears of what was asked, ordered, urged and decided; and who answers an order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chengguan.cases.domain.acting import act
from chengguan.core.errors import NotAllowed
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.models import Request

from ..town import Town

MINUTE = timedelta(minutes=1)


def told_people(verb: str) -> list[list[int]]:
    rows = OutboxMessage.objects.filter(topic=f"case.{verb}").order_by("id")
    return [sorted(people) for people in rows.values_list("user_ids", flat=True)]


def test_who_asked_hears_what_was_decided(town: Town) -> None:
    unit, leader = town.person("unit"), town.person("leader")
    case = town.walk(town.report(), "file", "dispatch", "assign")
    town.walk(case, "ask_extension", "grant_extension", "ask_extension", "refuse_extension")
    assert (told_people("grant_extension"), told_people("refuse_extension")) == ([[unit]], [[unit]])
    # The order goes to who manages the unit, the answer to who gave it.
    town.walk(case, "ask_oversight", "grant_oversight")
    assert (told_people("ask_oversight"), told_people("grant_oversight")) == ([[unit]], [[leader]])
    told = OutboxMessage.objects.get(topic="case.ask_oversight").payload
    assert (told["title"], told["body"]) == (f"督办：{case.number}", case.address or case.text)
    # One's own step tells oneself nothing, even where it voids what one asked for.
    town.walk(case, "ask_extension", "submit_by_unit")
    assert told_people("submit_by_unit") == [[]]


def test_urging_reaches_whom_the_case_waits_for(town: Town) -> None:
    unit, handler = town.person("unit"), town.person("handler")
    case = town.walk(town.report(), "file", "urge", "dispatch", "urge", "assign", "urge")
    assert told_people("urge") == [[], [unit], [handler]]
    town.walk(case, "submit_handling", "urge", "reject_handling")
    assert unit in told_people("urge")[-1]
    assert told_people("reject_handling") == [[handler]]


def test_an_arbiter_moves_what_still_waits_and_ends_what_does_not(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "ask_oversight", "return_to_dispatcher")
    town.do(case, "dispatch")
    town.walk(case, "ask_suspension", "ask_return", "grant_return")
    town.do(case, "dispatch", unit=town.city.other_unit.pk)
    stand = {one.kind: (one.status, one.organisation_path) for one in Request.objects.all()}
    assert stand["oversight"] == ("pending", town.city.other_unit.path)
    assert (stand["return"][0], stand["suspension"][0]) == ("granted", "void")


def test_an_order_before_dispatch_is_answered_by_the_first_unit(town: Town) -> None:
    case = town.walk(town.report(), "file", "ask_oversight")
    with pytest.raises(NotAllowed):
        town.do(case, "grant_oversight")
    town.walk(case, "dispatch", "grant_oversight")
    found = Request.objects.get()
    assert (found.status, found.organisation_path) == ("granted", town.city.unit.path)


def test_a_pending_order_is_answered_by_whoever_has_the_case(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "ask_oversight", "return_to_dispatcher")
    town.do(case, "dispatch", unit=town.city.other_unit.pk, override="属绿化带")
    waiting = Request.objects.get(instance_id=case.pk, kind="oversight")
    assert waiting.organisation_path == town.city.other_unit.path
    town.city.other_unit.refresh_from_db()
    with pytest.raises(NotAllowed):
        town.do(case, "grant_oversight")
    act(case, "grant_oversight", town.who("other"), {"reason": "已到场"}, case.changed_at + MINUTE)
    assert Request.objects.get(pk=waiting.pk).status == "granted"


def test_an_appeal_is_refused_by_whoever_reviews_it_now(town: Town) -> None:
    case = town.walk(
        town.report(), "file", "dispatch", "assign", "submit_handling", each=timedelta(days=2)
    )
    town.walk(case, "confirm_handled", "forward", "close", "ask_appeal")
    refusal = {"reason": "无证据"}
    with pytest.raises(NotAllowed):
        act(case, "refuse_appeal", town.who("acceptor"), refusal, case.changed_at + MINUTE)
    town.walk(case, "approve_appeal")
    with pytest.raises(NotAllowed):
        act(case, "refuse_appeal", town.who("dispatcher"), refusal, case.changed_at + MINUTE)
    act(case, "refuse_appeal", town.who("acceptor"), refusal, case.changed_at + MINUTE)
    assert (Request.objects.get().status, case.exempt) == ("refused", False)

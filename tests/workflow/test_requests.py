"""Requests that need approval: asked, approved by others, granted, refused, void."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chengguan.core.errors import Conflict, NotAllowed
from chengguan.workflow.domain import act, requests
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Definition, Event, Request

from .trial import START, SYSTEM, Trial, begun, minutes, person, stored

pytestmark = pytest.mark.django_db

UNIT = person(12, "cases.handle_unit", path="/1/7/", by_unit=True)
CHIEF = person(31, "cases.approve")
LEADER = person(32, "cases.lead", "cases.approve")
WHY = {"reason": "材料未到"}


@pytest.fixture
def working(trial: Definition) -> Trial:
    one = stored(begun())
    act(one, "accept", SYSTEM, {"unit": 7}, START)
    return one


def test_a_granted_extension_moves_the_due_time(working: Trial) -> None:
    before = working.due_at
    requests.ask(working, "extension", UNIT, WHY, minutes(10))
    assert working.due_at == before
    pending = Request.objects.get(instance_id=working.pk)
    assert (pending.status, pending.asked_by, pending.reason, pending.capability) == (
        "pending",
        12,
        "材料未到",
        "cases.approve",
    )
    # One working day after Monday 09:10 is Tuesday 09:10.
    assert pending.due_at == minutes(10) + timedelta(days=1)
    requests.decide(working, "extension", True, CHIEF, {}, minutes(20))
    # 4 + 4 working hours from Monday 09:00 end on Tuesday at 09:00.
    assert working.due_at == datetime(2026, 3, 3, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert (working.extensions, working.seq) == (1, 4)
    pending.refresh_from_db()
    assert (pending.status, pending.decided_at) == ("granted", minutes(20))
    assert [(d["role"], d["by"]) for d in pending.decisions] == [("grant", 31)]
    assert [e.verb for e in Event.objects.filter(instance_id=working.pk).order_by("seq")] == [
        "report",
        "accept",
        "ask_extension",
        "grant_extension",
    ]


def test_one_pending_of_a_kind(working: Trial) -> None:
    requests.ask(working, "extension", UNIT, WHY)
    with pytest.raises(Conflict) as twice:
        requests.ask(working, "extension", UNIT, WHY)
    assert twice.value.message == "已有待审批的延期申请。"
    requests.ask(working, "hold", UNIT, WHY)
    assert Request.objects.filter(instance_id=working.pk, status="pending").count() == 2


def test_a_refusal_does_not_count(working: Trial) -> None:
    for _ in range(3):
        requests.ask(working, "extension", UNIT, WHY)
        requests.decide(working, "extension", False, CHIEF, {"reason": "不充分"})
    for _ in range(2):
        requests.ask(working, "extension", UNIT, WHY)
        requests.decide(working, "extension", True, CHIEF)
    with pytest.raises(Conflict) as third:
        requests.ask(working, "extension", UNIT, WHY)
    assert third.value.message == "延期已同意 2 次，不能再申请。"
    assert (working.extensions, working.requests["extension"]["granted"]) == (2, 2)


def test_asking_is_limited_but_a_withdrawal_gives_it_back(working: Trial) -> None:
    requests.ask(working, "hold", UNIT, WHY)
    requests.withdraw(working, "hold", UNIT)
    requests.ask(working, "hold", UNIT, WHY)
    requests.decide(working, "hold", False, CHIEF, {"reason": "不行"})
    with pytest.raises(Conflict):
        requests.ask(working, "hold", UNIT, WHY)
    assert [r.status for r in Request.objects.filter(instance_id=working.pk).order_by("id")] == [
        "withdrawn",
        "refused",
    ]


def test_two_approvals_by_two_people(working: Trial) -> None:
    requests.ask(working, "hold", UNIT, WHY, minutes(5))
    with pytest.raises(Conflict):
        act(working, "grant_hold", LEADER, {}, minutes(6))
    requests.decide(working, "hold", True, LEADER, {}, minutes(6))
    request = Request.objects.get(instance_id=working.pk)
    assert (request.status, request.capability, len(request.decisions)) == (
        "pending",
        "cases.lead",
        1,
    )
    with pytest.raises(NotAllowed) as same:
        requests.decide(working, "hold", True, LEADER, {}, minutes(7))
    assert same.value.code == "workflow.same_approver"
    other = person(33, "cases.lead")
    requests.decide(working, "hold", True, other, {}, minutes(60))
    assert (working.held, working.due_at) == (True, None)
    act(working, "release", SYSTEM, at=minutes(120))
    # One hour of the four was used; the clock stopped for exactly the hour held.
    assert (working.held, working.due_at) == (False, START + timedelta(hours=7))


def test_nobody_decides_his_own_request(working: Trial) -> None:
    both = person(12, "cases.handle_unit", "cases.approve", path="/1/7/")
    requests.ask(working, "extension", both, WHY)
    with pytest.raises(NotAllowed) as own:
        requests.decide(working, "extension", True, both)
    assert own.value.code == "workflow.own_request"


def test_a_request_falls_void_with_its_reason(working: Trial) -> None:
    requests.ask(working, "extension", UNIT, WHY)
    act(working, "send_back", UNIT, {"reason": "不归我管"})
    request = Request.objects.get(instance_id=working.pk)
    assert (request.status, request.decisions[0]["role"]) == ("void", "void")
    assert "seq" not in working.requests["extension"]
    with pytest.raises(Conflict):
        requests.decide(working, "extension", True, CHIEF)


def test_a_stranger_and_a_wrong_state(working: Trial) -> None:
    with pytest.raises(NotAllowed):
        requests.ask(working, "extension", CHIEF, WHY)
    fresh = stored(begun())
    with pytest.raises(WrongState):
        requests.ask(fresh, "extension", UNIT, WHY)

"""A joint order: the clock runs on the lead, the others see it and say when they have done theirs."""

from __future__ import annotations

from typing import Any

import pytest
from factories import organisation, post, user
from pytest_django import DjangoAssertNumQueries

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case
from chengguan.cases.queries import cases_visible_to, page, sees
from chengguan.core.errors import NotAllowed
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Event

from ..town import Town


def joint(town: Town, **data: Any) -> Case:
    case = town.walk(town.report(), "file")
    return town.do(case, "dispatch", assist=[town.city.other_unit.pk], **data)


def test_the_assisting_unit_sees_it_and_says_done(town: Town) -> None:
    case = joint(town)
    assist = town.who("other")
    stored = Case.objects.get(pk=case.pk)
    assert (stored.unit_id, stored.assisting, stored.assisted) == (
        town.city.unit.pk,
        [town.city.other_unit.pk],
        [],
    )
    # The due time is the lead's alone.
    assert set(stored.clocks) == {"accept", "dispatch", "handle"}
    assert [row.number for row in page(assist, CaseFilter(flags=("joint",))).rows] == [case.number]
    told = OutboxMessage.objects.get(subject_id=case.pk, topic="case.dispatch")
    assert told.user_ids == [town.person("other")]
    town.do(case, "finish_assist")
    assert case.assisted == [town.city.other_unit.pk]
    event = Event.objects.get(instance_id=case.pk, verb="finish_assist")
    assert (event.actor_id, event.data["units"]) == (assist.user_id, [town.city.other_unit.pk])
    # The lead's manager hears of it.
    assert event.data["told"] == [town.person("unit")]
    with pytest.raises(WrongState, match="没有等您单位"):
        town.do(case, "finish_assist")
    assert verify().differences == []


def test_others_see_no_more_than_before(town: Town) -> None:
    outsider = principal_of(user("路政经办", organisation("路政所"), post("unit")))
    handler = town.who("handler")
    case = joint(town)
    plain = town.walk(town.report(), "file", "dispatch")
    for who, numbers in (
        (outsider, set()),
        (town.who("other"), {case.pk}),
        (town.who("unit"), {case.pk, plain.pk}),
        (handler, {case.pk, plain.pk}),
    ):
        assert set(cases_visible_to(who).values_list("pk", flat=True)) == numbers
        assert {one.pk for one in Case.objects.all() if sees(who, one)} == numbers
    town.do(case, "release_assist")
    assert not cases_visible_to(town.who("other")).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_an_assisting_unit_is_two_statements(
    town: Town, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        joint(town)
    who = town.who("other")
    page(who)
    with django_assert_num_queries(2):
        assert len(page(who).rows) == count


def test_the_lead_does_not_wait_unless_the_order_says_so(town: Town) -> None:
    rest = ("assign", "submit_handling", "confirm_handled", "forward")
    free = town.walk(joint(town), *rest)
    assert town.walk(free, "close").state == "closed"
    bound = town.walk(joint(town, await_assist=True), *rest)
    with pytest.raises(WrongState, match="协办单位尚未完成：绿化所"):
        town.do(bound, "close")
    town.walk(bound, "finish_assist", "close")
    assert bound.state == "closed"
    assert verify().differences == []


def test_what_can_not_be_is_said(town: Town) -> None:
    case = town.walk(town.report(), "file")
    with pytest.raises(WrongState, match="不能同时是协办"):
        town.do(case, "dispatch", assist=[town.city.unit.pk])
    with pytest.raises(WrongState, match="不存在或已停用"):
        town.do(case, "dispatch", assist=[424242])
    town.do(case, "dispatch")
    with pytest.raises(WrongState, match="没有协办单位"):
        town.do(case, "finish_assist")
    town.do(case, "call_assist")
    with pytest.raises(NotAllowed):
        act(case, "finish_assist", town.who("acceptor"), {"note": "代报"}, case.changed_at)
    with pytest.raises(WrongState, match="没有等您单位"):
        act(case, "finish_assist", town.who("unit"), {"note": "代报"}, case.changed_at)


def test_a_unit_that_becomes_the_lead_assists_no_longer(town: Town) -> None:
    case = joint(town)
    town.walk(case, "return_to_dispatcher")
    town.do(case, "dispatch", unit=town.city.other_unit.pk, override="现场在绿化带")
    assert (case.unit_id, case.assisting) == (town.city.other_unit.pk, [])
    assert verify().differences == []

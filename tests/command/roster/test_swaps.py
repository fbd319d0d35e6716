"""Swaps keep both days covered; each step is taken by whose turn it is, and by nobody else."""

from __future__ import annotations

from datetime import date

import factories
import pytest
import time_machine

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.command.models import Assignment, Swap
from chengguan.command.roster.domain.rules import apply_rule, change_of
from chengguan.command.roster.domain.swaps import (
    accept_swap,
    approve_swap,
    ask_swap,
    refuse_swap,
    withdraw_swap,
)
from chengguan.command.roster.queries import on_duty, swaps_visible_to
from chengguan.core.errors import Conflict, DomainError, Invalid, NotAllowed
from command.roster.duty_city import DutyCity, at, duty_city, rotation

pytestmark = pytest.mark.django_db


@pytest.fixture
def duty() -> DutyCity:
    with time_machine.travel(at(31, 12, month=5), tick=False):
        made = duty_city()
        apply_rule(made.keeping, rotation(made), date(2026, 6, 1), date(2026, 6, 10))
    return made


@pytest.fixture(autouse=True)
def _before() -> object:
    with time_machine.travel(at(31, 13, month=5), tick=True):
        yield


def row(day: int, hour: int) -> Assignment:
    return Assignment.objects.get(starts_at=at(day, hour), ended_at=None)


def who(duty: DutyCity, number: int) -> Principal:
    return principal_of(duty.people[number])


def asked(duty: DutyCity, *, exchange: bool = True) -> Swap:
    # On the first 丁四 works from 8 to 16; on the second 甲一 works from 0 to 8.
    return ask_swap(
        who(duty, 3),
        given=row(1, 8),
        colleague=duty.people[0],
        reason="家中有事",
        taken=row(2, 0) if exchange else None,
    )


def test_an_approved_swap_exchanges_the_persons_and_keeps_both_days_covered(
    duty: DutyCity,
) -> None:
    before = {(o.area_code, o.post, o.starts_at, o.ends_at) for o in Assignment.objects.all()}
    swap = asked(duty)
    accept_swap(who(duty, 0), swap)
    approve_swap(duty.keeping, swap)

    current = Assignment.objects.filter(ended_at=None)
    assert {(o.area_code, o.post, o.starts_at, o.ends_at) for o in current} == before
    assert [o.name for o in on_duty(at(1, 9))] == ["甲一"]
    assert [o.name for o in on_duty(at(2, 1))] == ["丁四"]


def test_whose_turn_it_is_hears_of_it(duty: DutyCity) -> None:
    from chengguan.notify.models import OutboxMessage

    swap = asked(duty)
    accept_swap(who(duty, 0), swap)
    approve_swap(duty.keeping, swap)

    told = OutboxMessage.objects.filter(topic="command.roster").order_by("id")
    assert list(told.values_list("user_ids", flat=True)) == [
        [duty.people[0].pk],
        [duty.keeper.pk],
        [duty.people[3].pk],
        [duty.people[0].pk],
    ]


def test_a_rule_applied_again_leaves_the_swap_alone(duty: DutyCity) -> None:
    swap = asked(duty)
    accept_swap(who(duty, 0), swap)
    made = approve_swap(duty.keeping, swap)
    rule = made[0].rule
    assert rule is not None

    change = change_of(rule, date(2026, 6, 1), date(2026, 6, 10), now=at(31, 14, month=5))
    assert (change.new, change.gone) == ((), ())


def test_who_would_be_on_duty_twice_is_not_swapped_and_nothing_is_half_done(
    duty: DutyCity,
) -> None:
    # 丁四 gives his noon shift to 丙三, who takes nothing back but works the evening: fine. To
    # 甲一, who works that very morning until eight: fine too. To one who works then: refused.
    other = row(3, 8)
    swap = ask_swap(who(duty, 3), given=row(1, 8), colleague=other.user, reason="有事", taken=None)
    Assignment.objects.filter(pk=other.pk).update(starts_at=at(1, 7), ends_at=at(1, 12))
    accept_swap(principal_of(other.user), swap)
    with pytest.raises(Conflict, match="重复排班"):
        approve_swap(duty.keeping, swap)

    swap.refresh_from_db()
    assert swap.state == "accepted"
    assert row(1, 8).user == duty.people[3]


def test_each_step_belongs_to_one_person(duty: DutyCity) -> None:
    swap = asked(duty)
    with pytest.raises(NotAllowed):
        accept_swap(who(duty, 1), swap)
    with pytest.raises(Conflict):
        approve_swap(duty.keeping, swap)
    accept_swap(who(duty, 0), swap)
    with pytest.raises(NotAllowed):
        approve_swap(who(duty, 3), swap)
    with pytest.raises(NotAllowed):
        refuse_swap(principal_of(factories.stranger()), swap, "不行")
    with pytest.raises(Invalid):
        refuse_swap(duty.keeping, swap, " ")
    refuse_swap(duty.keeping, swap, "当天人手不足")

    swap.refresh_from_db()
    assert (swap.state, swap.refusal) == ("refused", "当天人手不足")
    with pytest.raises(Conflict):
        approve_swap(duty.keeping, swap)


def test_only_who_asked_takes_it_back_and_a_duty_is_asked_for_once(duty: DutyCity) -> None:
    swap = asked(duty, exchange=False)
    with pytest.raises(Conflict):
        asked(duty)
    with pytest.raises(NotAllowed):
        withdraw_swap(who(duty, 0), swap)
    withdraw_swap(who(duty, 3), swap)

    assert asked(duty).state == "asked"


def test_what_has_begun_or_is_anothers_cannot_be_given(duty: DutyCity) -> None:
    with pytest.raises(NotAllowed):
        ask_swap(who(duty, 1), given=row(1, 8), colleague=duty.people[0], reason="有事")
    with pytest.raises(Invalid, match="不任该岗位"):
        ask_swap(
            who(duty, 3),
            given=row(1, 8),
            colleague=duty.city.people["dispatcher"],
            reason="有事",
        )
    with time_machine.travel(at(1, 8), tick=False), pytest.raises(DomainError, match="已经开始"):
        asked(duty)


def test_a_stranger_sees_no_swap_and_the_three_concerned_do(duty: DutyCity) -> None:
    asked(duty)
    seen = [
        swaps_visible_to(one).count()
        for one in (who(duty, 3), who(duty, 0), duty.keeping, who(duty, 1))
    ]

    assert seen == [1, 1, 1, 0]

"""Who was on duty at any place and instant: plans, corrections, absences with stand-ins, strangers."""

from __future__ import annotations

from datetime import date, timedelta

import factories
import pytest
import time_machine

from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.enums import Capability
from chengguan.command.models import Assignment
from chengguan.command.roster.domain.absent import record_absence, set_pair, withdraw_absence
from chengguan.command.roster.domain.correcting import correct
from chengguan.command.roster.domain.rules import apply_rule
from chengguan.command.roster.queries import assignments_visible_to, on_duty, stand_in
from chengguan.core.errors import Conflict, NotAllowed
from command.roster.duty_city import DutyCity, at, duty_city, rotation

pytestmark = pytest.mark.django_db
WEST = f"{factories.STREET}001"


@pytest.fixture
def duty() -> DutyCity:
    with time_machine.travel(at(31, 12, month=5), tick=False):
        made = duty_city()
        apply_rule(made.keeping, rotation(made), date(2026, 6, 1), date(2026, 6, 30))
    return made


def names(*args: object, **given: object) -> list[str]:
    return [one.name for one in on_duty(*args, **given)]  # type: ignore[arg-type]


def test_one_is_on_duty_at_every_instant_and_the_edge_belongs_to_the_next(duty: DutyCity) -> None:
    assert names(at(1, 7, 59)) == ["甲一"]
    assert names(at(1, 8)) == ["丁四"]
    assert names(at(1, 16)) == ["丙三"]
    assert [one.shift_name for one in on_duty(at(1, 23, 59))] == ["夜班"]


def test_a_place_finds_who_looks_after_it_and_no_other(duty: DutyCity) -> None:
    assert names(at(1, 9), area_code=f"{WEST}002") == ["丁四"]
    assert names(at(1, 9), area_code=factories.DISTRICT) == ["丁四"]
    assert names(at(1, 9), area_code=f"{factories.STREET}002") == []
    assert names(at(1, 9), post="dispatcher") == []


def test_a_correction_says_what_was_and_keeps_what_was_planned(duty: DutyCity) -> None:
    row = Assignment.objects.get(starts_at=at(1, 8), ended_at=None)
    with time_machine.travel(at(3, 9), tick=False):
        correct(duty.keeping, row, why="临时抽调", replaced_by=duty.people[1])

    assert names(at(1, 9)) == ["乙二"]
    assert names(at(1, 9), known_at=at(1, 9)) == ["丁四"]
    assert names(at(1, 9), known_at=at(3, 9)) == ["乙二"]
    with pytest.raises(Conflict):
        correct(duty.keeping, row, why="再来一次")


def test_b_is_there_while_a_is_away_and_only_then(duty: DutyCity) -> None:
    a, b = duty.people[3], duty.people[0]
    set_pair(duty.keeping, user=a, stand_in=b, valid_from=date(2026, 1, 1))
    gone = record_absence(duty.keeping, user=a, starts_at=at(1, 12), ends_at=at(1, 14), kind="sick")

    assert [names(at(1, hour)) for hour in (11, 12, 13, 14)] == [
        ["丁四"],
        ["甲一"],
        ["甲一"],
        ["丁四"],
    ]
    assert on_duty(at(1, 13))[0].stands_in_for == "丁四"
    assert (stand_in(a.pk, at(1, 11)), stand_in(a.pk, at(1, 12))) == (None, b.pk)

    withdraw_absence(duty.keeping, gone)
    assert names(at(1, 13)) == ["丁四"]


def test_who_stands_in_and_is_away_himself_is_replaced_and_a_ring_ends(duty: DutyCity) -> None:
    a, b, c = duty.people[3], duty.people[0], duty.people[1]
    for one, other in ((a, b), (b, c), (c, a)):
        set_pair(duty.keeping, user=one, stand_in=other, valid_from=date(2026, 1, 1))
    for one in (a, b):
        record_absence(duty.keeping, user=one, starts_at=at(1, 8), ends_at=at(1, 16), kind="leave")
    assert stand_in(a.pk, at(1, 9)) == c.pk

    record_absence(duty.keeping, user=c, starts_at=at(1, 12), ends_at=at(1, 16), kind="leave")
    assert stand_in(a.pk, at(1, 13)) is None
    assert names(at(1, 13)) == []


def test_a_stranger_sees_nobody_and_colleagues_see_their_unit(duty: DutyCity) -> None:
    stranger = principal_of(factories.stranger())
    assert on_duty(at(1, 9), seen_by=stranger) == []
    assert not assignments_visible_to(stranger).exists()

    colleague = duty.city.principal("collector")
    assert [(one.name, one.phone) for one in on_duty(at(1, 9), seen_by=colleague)] == [
        ("丁四", "000-4")
    ]
    other_unit = duty.city.principal("unit")
    assert on_duty(at(1, 9), seen_by=other_unit) == []
    assert on_duty(at(1, 9))[0].phone == ""


def test_who_may_see_people_sees_them_in_his_area_only(duty: DutyCity) -> None:
    seeing = factories.post("area_chief", Capability.SEE_PEOPLE)
    top = duty.city.centre.parent
    assert top is not None
    for area, seen in ((WEST, 1), (f"{factories.STREET}002", 0)):
        # His own organisation is a new one, so that only the grant can show him anybody.
        home = factories.organisation("片区办", parent=top, area_code=area)
        chief = factories.user("片长", home, area_code=area)
        chief.grants.create(
            post=seeing, organisation=top, area_code=area, valid_from=factories.SINCE
        )
        assert len(on_duty(at(1, 9), seen_by=principal_of(chief))) == seen
        assert assignments_visible_to(principal_of(chief)).exists() == bool(seen)


def test_only_the_keeper_notes_absences(duty: DutyCity) -> None:
    with pytest.raises(NotAllowed):
        record_absence(
            principal_of(duty.people[0]),
            user=duty.people[1],
            starts_at=at(1, 8),
            ends_at=at(1, 8) + timedelta(hours=1),
            kind="leave",
        )

"""The time rules of the procedure: every clock, to the second."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from factories import rule

from chengguan.cases.domain.acting import act
from chengguan.cases.domain.timers import resume_due
from chengguan.cases.models import Case, Fact
from chengguan.core.clock import ClockState
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Event

from ..town import START, SYSTEM, TZ, Town

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def clock(case: Case, name: str = "handle") -> ClockState:
    return ClockState.from_json(Case.objects.get(pk=case.pk).clocks[name])


def used(case: Case, name: str = "handle") -> timedelta:
    return timedelta(seconds=clock(case, name).used)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=TZ)


def dispatched(town: Town, moment: datetime, *, limit: str = "") -> Case:
    case = town.report(moment - 20 * MINUTE)
    town.do(case, "file", moment - 10 * MINUTE, **({"limit": limit} if limit else {}))
    return town.do(case, "dispatch", moment)


def test_an_urgent_limit_runs_through_the_night(town: Town) -> None:
    case = dispatched(town, at(22, 36), limit="2紧急工作时")
    assert case.due_at == at(0, 36, day=3)


def test_a_working_limit_ends_on_the_next_working_day(town: Town) -> None:
    # Friday 6 March, 17:00: one hour is left of the day.
    case = dispatched(town, at(17, day=6), limit="4工作时")
    assert case.due_at == at(11, day=9)


def test_lights_change_at_80_and_100_percent(town: Town) -> None:
    case = town.report(START)
    assert (case.stage_warn_at, case.stage_due_at) == (START + 12 * MINUTE, START + 15 * MINUTE)
    case = dispatched(town, at(8), limit="5工作时")
    assert (case.warn_at, case.due_at) == (at(12), at(15))


def test_verification_stops_acceptance_and_has_its_own_half_hour(town: Town) -> None:
    case = town.report(START, source="public")
    town.do(case, "request_verification", START + 5 * MINUTE)
    assert case.stage_due_at == START + 35 * MINUTE
    town.do(case, "submit_verification", START + 25 * MINUTE)
    assert case.stage_due_at == START + 35 * MINUTE
    assert used(case, "accept") == 5 * MINUTE
    town.do(case, "file", START + 30 * MINUTE)
    assert case.stage_due_at == START + 45 * MINUTE
    facts = {f.clock: (f.used, f.paused, f.on_time) for f in Fact.objects.filter(case_id=case.pk)}
    assert facts == {"verify": (1200, 0, 1), "accept": (600, 1200, 1)}


def test_the_same_unit_runs_on_and_another_starts_anew(town: Town) -> None:
    for unit, left in (("unit", 3 * HOUR), ("other_unit", 4 * HOUR)):
        case = dispatched(town, at(8))
        town.do(case, "return_to_dispatcher", at(9))
        assert (case.due_at, case.stage_due_at) == (None, at(9, 15))
        chosen = getattr(town.city, unit).pk
        town.do(case, "dispatch", at(9, 10), unit=chosen, override="裁量")
        assert case.unit_id == chosen
        assert case.due_at == town_due(at(9, 10), left)


def town_due(start: datetime, left: timedelta) -> datetime:
    noon = start.replace(hour=12, minute=0)
    return start + left if start + left <= noon else start + left + 2 * HOUR


def test_confirming_decides_and_not_what_comes_after(town: Town) -> None:
    case = dispatched(town, at(8))
    town.do(case, "assign", at(8, 10))
    town.do(case, "submit_handling", at(11, 59))
    # The unit's own review counts: submitted in time, confirmed too late.
    town.do(case, "confirm_handled", at(12, 0) + timedelta(seconds=1))
    assert case.on_time is False
    case = dispatched(town, at(8, day=3))
    town.walk(case, "assign", "submit_handling")
    town.do(case, "confirm_handled", at(12, day=3))
    town.do(case, "forward", at(17, day=3))
    town.do(case, "close", at(9, day=4))
    assert (case.on_time, case.handled_at) == (True, at(12, day=3))


def test_rework_runs_on_from_what_was_used(town: Town) -> None:
    case = dispatched(town, at(8))
    town.do(case, "assign", at(8, 10))
    town.do(case, "submit_handling", at(9))
    town.do(case, "confirm_handled", at(9))
    town.do(case, "rework", at(10))
    assert (case.on_time, case.reworks, case.due_at) == (None, 1, at(15))
    town.do(case, "assign", at(10))
    town.do(case, "submit_handling", at(11))
    town.do(case, "confirm_handled", at(11))
    assert (case.on_time, used(case)) == (True, 2 * HOUR)
    fact = Fact.objects.get(case_id=case.pk, clock="handle")
    assert (fact.round, fact.used, fact.paused, fact.ended_at) == (1, 7200, 3600, at(11))


def test_refusing_to_close_keeps_the_unit_and_runs_on(town: Town) -> None:
    case = dispatched(town, at(8))
    town.walk(case, "assign", "submit_handling")
    town.do(case, "confirm_handled", at(9))
    town.do(case, "forward", at(9, 30))
    town.do(case, "refuse_close", at(10))
    with pytest.raises(WrongState, match="派回原处置单位"):
        town.do(case, "dispatch", at(10, 5), unit=town.city.other_unit.pk, override="换一家")
    town.do(case, "dispatch", at(10, 5))
    assert (case.unit_id, case.reworks, case.due_at) == (town.city.unit.pk, 1, at(15, 5))


def test_stages_end_apart(town: Town) -> None:
    staged = town.staged_rule()
    case = town.report(at(8))
    town.do(case, "file", at(8), rule=staged.pk)
    town.do(case, "dispatch", at(8))
    assert (case.limit_stage, case.due_at) == (0, at(12))
    town.do(case, "assign", at(8))
    with pytest.raises(WrongState, match="处罚、拆除"):
        town.do(case, "submit_handling", at(9))
    town.do(case, "finish_stage", at(14, 30))
    # The first was late and stays late; the second has seven working days of its own.
    assert (case.limit_stage, case.on_time, case.due_at) == (1, False, at(14, 30, day=11))
    town.do(case, "finish_stage", at(9, day=3))
    assert case.limit_stage == 2
    town.do(case, "submit_handling", at(9, day=4))
    town.do(case, "confirm_handled", at(9, day=4))
    assert case.on_time is False
    facts = Fact.objects.filter(case_id=case.pk, clock="handle").order_by("round")
    assert [(f.round, f.on_time) for f in facts] == [(1, 0), (2, 1), (3, 1)]


def test_a_suspension_stops_for_exactly_what_was_granted(town: Town) -> None:
    case = dispatched(town, at(8))
    town.do(case, "assign", at(9))
    town.do(case, "ask_suspension", at(9))
    until = at(10, day=9)
    town.do(case, "grant_suspension", at(10), until=until)
    assert (case.due_at, case.suspended_until, case.extensions) == (None, until, 0)
    with pytest.raises(WrongState, match="不能处置"):
        town.do(case, "submit_handling", at(11))
    # The worker comes half a day late; the case is reminded of in between.
    stored = Case.objects.get(pk=case.pk)
    town.do(stored, "urge", at(15, day=9))
    resumed = Event.objects.get(instance_id=case.pk, verb="resume")
    assert resumed.at == until
    assert (stored.suspended_until, stored.due_at) == (None, at(12, day=9))
    assert clock(stored).paused_total_wall == (until - at(10)).total_seconds()


def test_the_timer_resumes_at_the_exact_instant(town: Town) -> None:
    case = dispatched(town, at(8))
    town.do(case, "ask_suspension", at(9), until=at(10, day=4))
    town.do(case, "grant_suspension", at(9), until=at(10, day=4))
    assert resume_due(at(9, 59, day=4)) == 0
    assert resume_due(at(17, day=4)) == 1
    assert resume_due(at(17, day=4)) == 0
    assert Case.objects.get(pk=case.pk).due_at == at(15, day=4)
    # Once, and a year at the most.
    stored = Case.objects.get(pk=case.pk)
    from chengguan.core.errors import Conflict

    with pytest.raises(Conflict, match="不能再申请"):
        town.do(stored, "ask_suspension", at(17, day=4))
    other = dispatched(town, at(8))
    with pytest.raises(WrongState, match="一年"):
        town.do(other, "ask_suspension", at(9), until=at(9) + timedelta(days=366, hours=1))


def test_an_extension_adds_one_original_limit(town: Town) -> None:
    case = dispatched(town, at(8))
    town.do(case, "assign", at(8))
    for number, due in ((1, at(18)), (2, at(12, day=3))):
        town.do(case, "ask_extension", at(9))
        town.do(case, "refuse_extension", at(9))
        town.do(case, "ask_extension", at(9))
        town.do(case, "grant_extension", at(9))
        assert (case.extensions, case.due_at) == (number, due)
    from chengguan.core.errors import Conflict

    with pytest.raises(Conflict, match="已同意 2 次"):
        town.do(case, "ask_extension", at(9))


def test_no_extension_once_overdue(town: Town) -> None:
    case = dispatched(town, at(8))
    town.do(case, "assign", at(8))
    with pytest.raises(WrongState, match="超期"):
        town.do(case, "ask_extension", at(12) + timedelta(seconds=1))


def test_revoking_voids_a_pending_extension(town: Town) -> None:
    from chengguan.workflow.models import Request

    case = dispatched(town, at(8))
    town.do(case, "assign", at(8))
    town.do(case, "ask_extension", at(9))
    town.do(case, "revoke_assignment", at(9))
    assert Request.objects.get(instance_id=case.pk).status == "void"


def test_reopening_starts_a_new_clock(town: Town) -> None:
    case = dispatched(town, at(8))
    town.walk(case, "assign", "submit_handling", "confirm_handled", "forward", "close")
    closed = case.changed_at
    with pytest.raises(WrongState, match="异议期"):
        town.do(Case.objects.get(pk=case.pk), "reopen", closed + timedelta(days=15, seconds=1))
    town.do(case, "reopen", closed + timedelta(days=15))
    assert (case.on_time, case.closed_at, case.reopened) == (None, None, 1)
    again = case.changed_at + MINUTE
    town.do(case, "dispatch", again)
    assert clock(case).used == 0
    assert clock(case).round == 2
    # An inspector is not bound to the fifteen days.
    late = dispatched(town, at(8, day=3))
    town.walk(late, "assign", "submit_handling", "confirm_handled", "forward", "close")
    town.do(late, "reopen_inspected", late.changed_at + timedelta(days=60))
    assert late.state == "awaiting_dispatch"


def test_a_rule_that_changes_leaves_the_case_alone(town: Town) -> None:
    case = dispatched(town, at(8))
    assert case.limits == [{"name": "", "limit": "4工作时"}]
    rule(town.city.matter, limit_value=1)
    act(case, "assign", SYSTEM, {"handler": town.person("handler")}, at(9))
    assert Case.objects.get(pk=case.pk).due_at == at(12)

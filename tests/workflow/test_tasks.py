"""The engine's jobs: deadlines left on an old revision of a calendar."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chengguan.workflow import tasks
from chengguan.workflow.domain import act
from chengguan.workflow.domain.revising import save_revision
from chengguan.workflow.models import Definition, Event

from .trial import CITY, SYSTEM, begun, minutes, stored

HOLIDAY = CITY + 'holiday = [{date = 2026-03-02, name = "台风停工"}]\n'


def test_a_clock_begun_while_the_calendar_changed_follows_within_minutes(trial: Definition) -> None:
    one = stored(begun())
    act(one, "accept", SYSTEM, {"unit": 7}, minutes(0))
    with time_machine.travel(minutes(5), tick=False):
        assert tasks.recalculate_recent(timestamp=0) == tasks.recalculate_all(timestamp=0) == 0
        save_revision(HOLIDAY, SYSTEM)
        assert tasks.recalculate_recent(timestamp=0) == 1
        assert tasks.recalculate_recent(timestamp=0) == tasks.recalculate_all(timestamp=0) == 0
    verbs = Event.objects.filter(instance_id=one.pk).order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["report", "accept", "recalculated"]


def test_without_a_change_it_costs_one_statement(
    trial: Definition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    act(stored(begun()), "accept", SYSTEM, {"unit": 7}, minutes(0))
    save_revision(HOLIDAY, SYSTEM)
    # The revision carries the database's time: an hour and more later it is old.
    later = timezone.now() + timedelta(hours=2)
    with time_machine.travel(later, tick=False), django_assert_num_queries(1):
        assert tasks.recalculate_recent(timestamp=0) == 0
    with time_machine.travel(minutes(5), tick=False):
        assert tasks.recalculate_all(timestamp=0) == 1

"""With nobody spoiling anything, the platform's own discovery and on-time figures are true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from chengguan.cases.domain import rebuild
from chengguan.cases.models import Report
from chengguan.workflow.models import Event

from .running_city import DAYS, SEED, City, city

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: Every post that takes a step; nobody acts as the system.
POSTS = {"acceptor", "collector", "dispatcher", "unit_clerk", "shift_lead", "supervisor"}


@pytest.fixture(scope="module")
def town(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    with city(tmp_path_factory.mktemp("honest"), django_db_blocker) as made:
        yield made


@pytest.mark.parametrize("code", ["discovery", "missed", "on_time", "first_time_right"])
def test_the_truth_lies_in_the_stated_interval(town: City, code: str) -> None:
    figure = town.run("honest").figure(code).figure
    assert figure.n > 60
    assert figure.low is not None
    assert figure.high is not None
    # An interval that holds everything would say nothing.
    assert figure.high - figure.low < 0.25
    assert figure.agrees


def test_nobody_is_said_to_have_spoiled_anything(town: City) -> None:
    done = town.run("honest")
    assert done.spoils == {}
    assert done.figure("collected").figure.gap == 0
    assert done.figure("false_closing").figure.truth == 0


def test_what_was_found_is_no_more_than_what_there_was(town: City) -> None:
    done = town.run("honest")
    never = done.figure("never_found").figure.truth
    assert never is not None
    assert 0.1 < never < 0.5
    own = done.figure("own_share").figure
    # A city's own count of what it finds leaves out what nobody found: it lies without a liar.
    assert own.agrees is False


def test_everything_went_through_the_doors_under_a_post(town: City) -> None:
    done = town.run("honest")
    reports = Report.objects.filter(client="test-honest")
    assert reports.count() == done.said["cases"]
    events = Event.objects.filter(instance_id__in=reports.values("case_id"))
    assert events.count() == done.said["cases"] + done.said["steps"]
    assert set(events.values_list("post", flat=True)) <= POSTS
    assert events.filter(actor_id=None).count() == 0
    assert rebuild.verify().differences == []


def test_what_the_platform_refuses_is_known(town: City) -> None:
    refused = town.run("honest").said["refused"]
    # Late is late: who asks for more time then is told no. Nothing else is ever refused.
    assert set(refused) <= {"ask_extension not_overdue"}
    assert (town.run("honest").said["days"], town.run("honest").said["seed"]) == (DAYS, SEED)

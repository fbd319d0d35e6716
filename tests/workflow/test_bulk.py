"""Many steps at once: the same rows, events and items as one by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from chengguan.core.errors import NotFound
from chengguan.store.ids import take_ids
from chengguan.workflow.domain import Applied, Command, Refused, act, act_many, begin
from chengguan.workflow.domain.procedure import Row
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Definition, Event, Request, WorkItem

from .trial import SYSTEM, Trial, minutes

pytestmark = pytest.mark.django_db

ROW = {"area_code": "310115001", "matter_code": "urgent"}
STORY: list[tuple[str, dict[str, Any], float]] = [
    ("report", {}, 0),
    ("verify", {"checker": 5}, 2),
    ("verified", {"finding": "属实"}, 8),
    ("accept", {"unit": 7}, 10),
    ("ask_extension", {"reason": "要件未齐"}, 20),
    ("grant_extension", {}, 30),
    ("send_back", {"reason": "不归我管"}, 40),
    ("accept", {"unit": 9}, 41),
    ("urge", {}, 50),
    ("finish", {}, 60),
]


def commands(key: int, story: list[tuple[str, dict[str, Any], float]]) -> list[Command]:
    return [
        Command(key, verb, SYSTEM, data, minutes(at), row=ROW if verb == "report" else None)
        for verb, data, at in story
    ]


def snapshot(model: type[Model], key: int, *left_out: str) -> list[Row]:
    field = "id" if model is Trial else "instance_id"
    rows = model._default_manager.filter(**{field: key}).order_by("id").values()
    gone = {"id", "instance_id", "recorded_at", "decisions", *left_out}
    return [{name: value for name, value in row.items() if name not in gone} for row in rows]


@pytest.mark.parametrize("steps", range(1, len(STORY) + 1))
def test_bulk_equals_one_by_one(trial: Definition, steps: int) -> None:
    single, many = take_ids(2)
    begin("trial", {"id": single, **ROW}, "report", SYSTEM, at=minutes(0))
    for verb, data, at in STORY[1:steps]:
        act(Trial.objects.get(pk=single), verb, SYSTEM, data, minutes(at))
    results = act_many("trial", commands(many, STORY[:steps]))
    assert [type(one) for one in results] == [Applied] * steps
    for model in (Trial, Event, Request):
        assert snapshot(model, many) == snapshot(model, single), model
    assert snapshot(WorkItem, many) == snapshot(WorkItem, single)


@pytest.mark.parametrize("count", [3, 30, 300])
def test_in_two_batches_of_any_size(trial: Definition, count: int) -> None:
    keys = take_ids(count)
    act_many("trial", [one for key in keys for one in commands(key, STORY[:3])])
    act_many("trial", [one for key in keys for one in commands(key, STORY[3:])])
    assert Trial.objects.filter(pk__in=keys, state="done", seq=10, unit_id=9).count() == count
    assert Event.objects.filter(instance_id__in=keys).count() == 10 * count
    assert WorkItem.objects.filter(instance_id__in=keys, closed_at=None).count() == 0
    assert len({str(snapshot(WorkItem, key)) for key in keys[:5]}) == 1


def test_a_refusal_stops_no_other(trial: Definition) -> None:
    good, bad, absent = take_ids(3)
    results = act_many(
        "trial",
        [
            *commands(good, STORY[:1]),
            *commands(bad, STORY[:1]),
            Command(bad, "finish", SYSTEM, {}, minutes(1)),
            Command(absent, "urge", SYSTEM),
            Command(bad, "urge", SYSTEM, {}, minutes(2)),
            Command(good, "accept", SYSTEM, {"unit": 1}, minutes(2)),
        ],
    )
    errors = [type(one.error) if isinstance(one, Refused) else None for one in results]
    assert errors == [None, None, WrongState, NotFound, None, None]
    assert (Trial.objects.get(pk=good).state, Trial.objects.get(pk=bad).urged) == ("working", 1)


def test_the_statements_do_not_grow(
    trial: Definition, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (30, 90):
        keys = take_ids(count)
        act_many("trial", [one for key in keys for one in commands(key, STORY[:1])])
        with django_assert_max_num_queries(14):
            act_many("trial", [one for key in keys for one in commands(key, STORY[1:4])])

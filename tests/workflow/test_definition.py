"""Definitions: every fault with its line, versions, and that what is published stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chengguan.core.errors import NotAllowed
from chengguan.workflow.domain import act, current, definition_of, publish
from chengguan.workflow.domain.definition import check, compile_definition, ensure
from chengguan.workflow.domain.shape import Compiled
from chengguan.workflow.errors import DefinitionInvalid
from chengguan.workflow.models import Definition

from .trial import SOURCE, SYSTEM, TRIAL, begun, compiled, person, stored

GOOD = """code = "small"
title = "小流程"
[stages]
open = "办理"
[clocks.accept]
title = "受理"
limit = "15分钟"
[states.waiting]
title = "待办"
stage = "open"
queue = {capability = "cases.accept", clock = "accept"}
[states.done]
title = "办结"
stage = "open"
end = true
[[verbs]]
name = "report"
title = "上报"
new = true
to = "waiting"
capability = "cases.report"
clocks = ["start accept"]
[[verbs]]
name = "finish"
title = "办结"
from = ["waiting"]
to = "done"
capability = "cases.accept"
guards = ["held"]
form = [
    {name = "reason", title = "理由"},
]
clocks = ["end accept"]
"""


def faults(source: str) -> list[tuple[int, str]]:
    try:
        compile_definition(
            source,
            guards={"held"},
            effects={"assign"},
            limits={"rule"},
            glossary={"小流程", "受理", "待办", "办结", "上报", "延期"},
            capabilities={"cases.accept", "cases.report"},
            columns={"unit_id"},
        )
    except DefinitionInvalid as error:
        return [(fault.line, fault.message) for fault in error.faults]
    return []


def swapped(*pairs: tuple[str, str]) -> list[tuple[int, str]]:
    source = GOOD
    for old, new in pairs:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return faults(source)


def test_a_good_definition_has_no_faults() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('[[verbs]]\nname = "report"', '[[verbs]\nname = "report"', [16]),
        ('limit = "15分钟"', 'limit = "好久"', [7]),
        ('limit = "15分钟"', 'limit = "15分钟"\ncolour = "red"', [8]),
        ('title = "待办"', 'title = "等一等"', [9]),
        ('clock = "accept"}', 'clock = "nothing"}', [11]),
        ('capability = "cases.report"', 'capability = "cases.fly"', [21]),
        ('guards = ["held"]', 'guards = ["held",\n  "unheard"]', [30]),
        ('guards = ["held"]', 'effects = ["unheard"]', [29]),
        ('from = ["waiting"]', 'from = ["nowhere"]', [26]),
        ('to = "done"', 'to = "gone"', [27]),
        ('name = "finish"', 'name = "report"', [24]),
        (
            '{name = "reason", title = "理由"},',
            '{name = "reason", title = "理由", type = "odd"},',
            [31],
        ),
        (
            '{name = "reason", title = "理由"},',
            '{name = "reason", title = "理由"},\n{name = "reason", title = "理由"},',
            [31],
        ),
        ('clocks = ["end accept"]', 'clocks = ["end nothing"]', [33]),
        ('clocks = ["end accept"]', 'clocks = ["stop accept"]', [33]),
        ('clocks = ["end accept"]', 'set = {unknown_column = "$at"}', [23, 33]),
        ('clocks = ["end accept"]', 'set = {unit_id = "$data.unit"}', [23, 33]),
        ('clocks = ["end accept"]', 'clocks = ["resume accept", "end accept"]', [33]),
    ],
)
def test_a_fault_has_its_line(old: str, new: str, expected: list[int]) -> None:
    assert [line for line, _ in swapped((old, new))] == expected


def test_an_unended_clock_is_a_fault_of_the_verb_that_ends() -> None:
    assert swapped(('clocks = ["end accept"]', "")) == [
        (23, "动作“finish”结束流程时计时“accept”可能正在计时，没有结束")
    ]


def test_an_orphan_and_a_dead_end() -> None:
    orphan = '[states.alone]\ntitle = "待办"\nstage = "open"\n'
    assert faults(GOOD + orphan) == [
        (34, "从状态“alone”到不了任何结束状态"),
        (34, "状态“alone”无法到达"),
    ]


def test_an_end_has_no_way_out_unless_it_reopens() -> None:
    verb = (
        '[[verbs]]\nname = "again"\ntitle = "上报"\nfrom = ["done"]\nto = "waiting"\n'
        'capability = "cases.accept"\nclocks = ["start accept"]\n'
    )
    assert faults(GOOD + verb) == [
        (34, "动作“again”离开结束状态“done”；若为重开，请写 reopens = true")
    ]
    assert faults(GOOD + verb + "reopens = true\n") == []


def test_all_faults_are_told_at_once() -> None:
    found = swapped(
        ('limit = "15分钟"', 'limit = "好久"'),
        ('title = "待办"', 'title = "等一等"'),
        ('guards = ["held"]', 'guards = ["unheard"]'),
        ('capability = "cases.report"', 'capability = "cases.fly"'),
    )
    assert [line for line, _ in found] == [7, 9, 21, 29]


def test_a_request_is_checked_too() -> None:
    request = (
        '[requests.extension]\ntitle = "延期"\nfrom = ["nowhere"]\nsteps = 3\n'
        'capability = "cases.fly"\nvoid_on = ["vanish"]\nterm = "好久"\n'
    )
    assert [line for line, _ in faults(GOOD + request)] == [34, 34, 34, 36, 37, 38, 39, 40]


def test_compiled_survives_its_json() -> None:
    one = compiled()
    again = Compiled.from_json(one.to_json())
    assert again == one
    assert again.total == "work"


@pytest.mark.django_db
def test_a_new_version_is_for_new_instances(trial: Definition) -> None:
    old = stored(begun())
    changed = SOURCE.replace('limit = "15分钟"', 'limit = "45分钟"')
    second = publish("trial", changed, SYSTEM)
    assert (second.version, current("trial").version) == (2, 2)
    new = stored(begun())
    assert (old.definition_id, new.definition_id) == (trial.pk, second.pk)
    assert (new.stage_due_at - new.opened_at).total_seconds() == 45 * 60  # type: ignore[operator]
    act(old, "urge", SYSTEM)
    assert old.definition_id == trial.pk
    assert definition_of(trial.pk).clocks["accept"].limit == "15分钟"


@pytest.mark.django_db
def test_ensure_publishes_only_what_changed(trial: Definition) -> None:
    assert ensure("trial", SOURCE, SYSTEM) == trial
    assert ensure("trial", SOURCE + "\n", SYSTEM).version == 2


@pytest.mark.django_db
def test_a_published_definition_is_frozen(trial: Definition) -> None:
    changes: list[dict[str, Any]] = [
        {"source": "x"},
        {"compiled": {}},
        {"status": "draft"},
        {"version": 9},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            Definition.objects.filter(pk=trial.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Definition.objects.filter(pk=trial.pk).delete()
    assert Definition.objects.filter(pk=trial.pk).update(status="retired") == 1


@pytest.mark.django_db
def test_only_those_who_may_publish(trial: Definition) -> None:
    with pytest.raises(NotAllowed):
        publish("trial", SOURCE, person(1, "cases.accept"))


@pytest.mark.django_db
def test_the_wrong_code_is_a_fault(trial: Definition) -> None:
    with pytest.raises(DefinitionInvalid) as wrong:
        check(TRIAL, SOURCE.replace('code = "trial"', 'code = "other"'))
    assert [fault.line for fault in wrong.value.faults] == [1]

"""Writers on one instance race: exactly one wins, and the others learn that they lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection

from chengguan.audit.models import Entry
from chengguan.core.errors import DomainError
from chengguan.workflow.domain import Command, Refused, Step, act, act_many
from chengguan.workflow.errors import Overtaken
from chengguan.workflow.models import Definition, Event, WorkItem

from .trial import SYSTEM, TRIAL, Trial, begun, blank, minutes, person, stored

WRITERS = 8
ROUNDS = 1000
ACCEPTOR = person(11, "cases.accept", "cases.report")


@pytest.mark.slow  # 8,000 real transactions on eight connections
@pytest.mark.django_db(transaction=True)
def test_of_eight_writers_one_wins_a_thousand_times(trial: Definition) -> None:
    first = begun().row["id"]
    keys = [first, *range(first + 1, first + ROUNDS)]
    _begin_many(keys[1:])
    barrier = Barrier(WRITERS, timeout=30)
    results: list[Counter[tuple[int, str]]] = [Counter() for _ in range(WRITERS)]

    def write(number: int) -> None:
        rows = {one.pk: one for one in Trial.objects.filter(pk__in=keys)}
        try:
            for key in keys:
                barrier.wait()
                results[number][key, _try(rows[key], number)] += 1
        finally:
            connection.close()

    threads = [Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(results, Counter())
    assert {key: total[key, "won"] for key in keys} == dict.fromkeys(keys, 1)
    assert {key: total[key, "overtaken"] for key in keys} == dict.fromkeys(keys, WRITERS - 1)
    assert Event.objects.filter(instance_id__in=keys).count() == 2 * ROUNDS
    assert Trial.objects.filter(pk__in=keys, seq=2).count() == ROUNDS
    open_items = WorkItem.objects.filter(instance_id__in=keys, closed_at=None)
    assert open_items.count() == Trial.objects.filter(pk__in=keys, state="working").count()


def _numbered(steps: Sequence[Step]) -> None:
    """Write a row of the trade's own under one fixed key, before anything else of the step."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflow_request (id, procedure, instance_id, kind, reason, data, status, "
            "asked_at, steps, decisions, capability, area_code, organisation_path) VALUES "
            "(1, 't', 1, 'k', '', '{}', 'granted', now(), 1, '[]', '', '', '')"
        )


def test_a_clash_of_any_key_is_overtaken_once_the_row_has_moved(trial: Definition) -> None:
    numbering = replace(TRIAL, on_steps=_numbered)
    one = stored(begun())
    stale = Trial.objects.get(pk=one.pk)
    act(one, "accept", ACCEPTOR, {"unit": 7}, minutes(1), procedure=numbering)
    with pytest.raises(Overtaken):
        act(stale, "refuse", ACCEPTOR, {"reason": "dup"}, minutes(1), procedure=numbering)
    entries = Entry.objects.filter(action="trial.refuse", result="refused")
    assert [one.detail["code"] for one in entries] == [Overtaken().code]
    assert Trial.objects.get(pk=one.pk).state == one.state


def test_a_clash_without_a_race_is_a_fault_of_ours(trial: Definition) -> None:
    numbering = replace(TRIAL, on_steps=_numbered)
    one, other = stored(begun()), stored(begun())
    act(one, "accept", ACCEPTOR, {"unit": 7}, minutes(1), procedure=numbering)
    with pytest.raises(IntegrityError, match="workflow_request_pkey"):
        act(other, "accept", ACCEPTOR, {"unit": 7}, minutes(1), procedure=numbering)


def _try(one: Trial, number: int) -> str:
    try:
        if number % 2:
            act(one, "refuse", ACCEPTOR, {"reason": "dup"}, minutes(1))
        else:
            act(one, "accept", ACCEPTOR, {"unit": number + 1}, minutes(1))
    except Overtaken:
        return "overtaken"
    except DomainError as error:
        return error.code
    return "won"


def _begin_many(keys: list[int]) -> None:
    row = {name: value for name, value in blank().items() if name not in ("id", "state", "seq")}
    results = act_many(
        "trial", [Command(key, "report", SYSTEM, at=minutes(0), row=row) for key in keys]
    )
    assert not [one for one in results if isinstance(one, Refused)]

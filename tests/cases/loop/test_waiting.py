"""What waits for a person, the most urgent first, and what finding it reads."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext

from chengguan.cases.models import Case
from chengguan.cases.screens.nearby import open_around
from chengguan.cases.screens.queues import EVERY, my_case_ids, my_items, my_queues

from ..town import START, Town

HOUR = timedelta(hours=1)


@pytest.fixture
def busy(town: Town) -> Town:
    """Cases at the acceptor's desk out of order: late, early, without a deadline, and elsewhere."""
    for hours in (3, 1, 2, 1):
        town.report(START + HOUR * hours)
    done = ("file", "dispatch", "assign", "submit_handling", "confirm_handled", "forward")
    town.walk(town.report(START), *done)
    extended = town.walk(town.report(START), "file", "dispatch", "assign")
    town.walk(extended, "ask_extension", "grant_extension")
    town.walk(town.report(START), "file")
    return town


@pytest.mark.parametrize("post", ["acceptor", "dispatcher", "unit", "handler"])
@pytest.mark.parametrize("wanted", [EVERY, Q(stage_due_at__gt=START + HOUR), Q(state="reported")])
def test_the_most_urgent_come_first(busy: Town, post: str, wanted: Q) -> None:
    who = busy.who(post)
    waiting = Case.objects.filter(wanted, pk__in=my_items(who).values("instance_id"))
    by_cases = waiting.order_by(F("stage_due_at").asc(nulls_last=True), "id")

    assert my_case_ids(who, wanted, 50) == [one.pk for one in by_cases]
    assert my_case_ids(who, wanted, 2) == [one.pk for one in by_cases[:2]]


def test_the_acceptor_has_a_case_without_a_deadline_last(busy: Town) -> None:
    found = my_case_ids(busy.who("acceptor"), EVERY, 50)

    assert Case.objects.get(pk=found[-1]).stage_due_at is None
    assert len(found) == 5


def test_the_first_ones_are_found_without_reading_cases(busy: Town) -> None:
    who = busy.who("acceptor")
    my_case_ids(who, EVERY, 50)
    with CaptureQueriesContext(connection) as sent:
        my_case_ids(who, EVERY, 50)

    assert ["cases_case" in one["sql"] for one in sent] == [False]


@pytest.mark.parametrize("count", [1, 3])
def test_the_open_cases_around_one_are_one_statement(town: Town, count: int) -> None:
    case = town.report()
    others = {town.report().number for _ in range(count)}
    who = town.who("acceptor")
    counts = []
    # The revisions are asked again after a second, which a slow machine may let pass once.
    for _ in range(3):
        with CaptureQueriesContext(connection) as sent:
            found = open_around(who, case)["features"]
        counts.append(len(sent))

    assert {one["properties"]["code"] for one in found} == others
    assert min(counts) == 1


@pytest.mark.parametrize(
    "verbs", [(), ("file",), ("file", "dispatch"), ("file", "dispatch", "assign")]
)
def test_a_merged_case_waits_for_nobody_until_it_is_taken_out_again(
    town: Town, verbs: tuple[str, ...]
) -> None:
    post = ("acceptor", "dispatcher", "unit", "handler")[len(verbs)]
    main, double = town.report(), town.walk(town.report(), *verbs)
    who = town.who(post)

    def waits() -> list[tuple[int, datetime | None]]:
        mine = my_items(who).filter(instance_id=double.pk)
        return list(mine.values_list("instance_id", "due_at"))

    assert len(waits()) == 1
    total = sum(one.count for one in my_queues(who))
    town.do(double, "merge", double.changed_at + HOUR, main=main.pk)
    assert waits() == []
    assert double.pk not in my_case_ids(who, EVERY, 50)
    assert sum(one.count for one in my_queues(who)) == total - 1
    town.do(double, "unmerge", double.changed_at + HOUR)
    due = Case.objects.get(pk=double.pk).stage_due_at
    assert due is not None
    assert waits() == [(double.pk, due)]

"""Threads that race: numbers, the same key, the same case."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from chengguan.cases.domain import numbers
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.intake import take_in, take_in_many
from chengguan.cases.models import Case, Report
from chengguan.core.errors import Conflict
from chengguan.workflow.models import Event

from .town import START, SYSTEM, Town, new_report

T = TypeVar("T")
WRITERS = 8


def together(work: Callable[[int], T]) -> list[T]:
    """Let eight threads, each with its own connection, do `work` at once."""
    barrier = Barrier(WRITERS)

    def one(number: int) -> T:
        try:
            connection.ensure_connection()
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


@pytest.mark.django_db(transaction=True)
def test_eight_writers_get_numbers_of_their_own() -> None:
    # A day nobody has used: all eight find no sequence and want to make it.
    at = datetime(2031, 5, 1, 3, 0, tzinfo=UTC)
    drawn = together(lambda _: [numbers.take_number("310116", at) for _ in range(50)])
    everything = sorted(number for own in drawn for number in own)
    assert everything == [f"31011620310501{n:05d}" for n in range(1, 401)]
    assert all(own == sorted(own) for own in drawn)


@pytest.mark.django_db(transaction=True)
def test_a_slow_writer_holds_nobody_up() -> None:
    from django.db import transaction

    at = datetime(2031, 5, 2, 3, 0, tzinfo=UTC)
    with transaction.atomic():
        first = numbers.take_number("310116", at)

        def other() -> str:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '2s'")
                return numbers.take_number("310116", at)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(other).result(timeout=10)
    assert (first, second) == ("3101162031050200001", "3101162031050200002")


def test_eight_times_the_same_report_is_one(live_town: Town) -> None:
    new = new_report()
    taken = together(lambda _: take_in(new, SYSTEM, START))
    assert len({(one.report_id, one.case_id, one.number) for one in taken}) == 1
    assert sum(one.created for one in taken) == 1
    assert Report.objects.count() == Case.objects.count() == 1


def test_eight_times_the_same_batch_is_one(live_town: Town) -> None:
    news = [new_report() for _ in range(20)]
    answers = together(lambda _: take_in_many(news, SYSTEM, START))
    assert Case.objects.count() == 20
    assert len({tuple(one.case_id for one in own) for own in answers}) == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("verb", ["file", "void", "request_verification"])
def test_of_eight_racing_writers_one_wins(live_town: Town, verb: str) -> None:
    case = live_town.report()
    who, data = live_town.who("acceptor"), live_town.data(verb)

    def press(_: int) -> str:
        try:
            act(Case.objects.get(pk=case.pk), verb, who, data, START)
        except Conflict as error:
            return type(error).__name__
        return "won"

    results = together(press)
    assert results.count("won") == 1
    assert Event.objects.filter(instance_id=case.pk).count() == 2

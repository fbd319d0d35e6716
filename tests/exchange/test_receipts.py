"""One key, one deed, one answer."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chengguan.core.errors import Invalid
from chengguan.exchange.domain.receipts import Answer, digest_of, once, prune, stored
from chengguan.exchange.errors import InProgress, KeyReused
from chengguan.exchange.models import Peer, Receipt

DIGEST = digest_of(b'{"a":1}', "/api/v1/reports")


@pytest.mark.django_db
def test_same_key_and_body_gives_the_stored_answer() -> None:
    done = []

    def produce() -> Answer:
        done.append(1)
        return Answer(201, {"number": "3101152026"})

    assert once("app", "k1", DIGEST, produce) == Answer(201, {"number": "3101152026"})
    assert once("app", "k1", DIGEST, produce) == Answer(201, {"number": "3101152026"}, again=True)
    assert done == [1]
    assert stored("app", ["k1", "k2"]) == {"k1": Answer(201, {"number": "3101152026"}, again=True)}


@pytest.mark.django_db
def test_other_body_is_refused_and_other_client_is_not() -> None:
    once("app", "k1", DIGEST, lambda: Answer(201, 1))
    with pytest.raises(KeyReused) as refused:
        once("app", "k1", digest_of(b"other"), lambda: Answer(201, 2))
    assert refused.value.status == 409
    assert "换一个幂等键" in str(refused.value.mend)
    assert once("other", "k1", digest_of(b"other"), lambda: Answer(201, 2)) == Answer(201, 2)


@pytest.mark.django_db
def test_two_statements_beside_the_deed(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    once("app", "warm", DIGEST, lambda: Answer(200, None))
    with django_assert_num_queries(4):  # two, in a savepoint because this test is a transaction
        once("app", "k1", DIGEST, lambda: Answer(200, None))


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_passed_on_and_not_stored_but_what_was_recorded_of_it_stays() -> None:
    def produce() -> Answer:
        Peer.objects.create(code="trace", name="记录")
        with transaction.atomic():
            Peer.objects.create(code="undone", name="撤回")
            raise Invalid("x", "不行。")

    with pytest.raises(Invalid):
        once("app", "k1", DIGEST, produce)
    assert list(Peer.objects.values_list("code", flat=True)) == ["trace"]
    assert once("app", "k1", DIGEST, lambda: Answer(200, "now")) == Answer(200, "now")


@pytest.mark.django_db(transaction=True)
def test_any_other_error_undoes_everything() -> None:
    def produce() -> Answer:
        Peer.objects.create(code="half", name="半")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        once("app", "k1", DIGEST, produce)
    assert Peer.objects.count() == Receipt.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_while_the_first_works_the_second_is_told_to_wait() -> None:
    working, finish = threading.Event(), threading.Event()

    def slow() -> Answer:
        working.set()
        assert finish.wait(5)
        return Answer(201, "first")

    first = _Thread(lambda: once("app", "k1", DIGEST, slow))
    assert working.wait(5)
    with pytest.raises(InProgress) as waiting:
        once("app", "k1", DIGEST, lambda: Answer(201, "second"))
    assert (waiting.value.status, waiting.value.retry_after) == (409, 1)
    finish.set()
    assert first.result() == Answer(201, "first")
    assert once("app", "k1", DIGEST, slow) == Answer(201, "first", again=True)


@pytest.mark.django_db(transaction=True)
def test_eight_racers_do_it_once() -> None:
    Peer.objects.create(code="count", name="0")
    start = threading.Barrier(8)

    def race() -> Answer:
        start.wait()
        for _ in range(200):
            try:
                return once("app", "k1", DIGEST, deed)
            except InProgress:
                continue
        raise AssertionError("never answered")

    def deed() -> Answer:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE exchange_peer SET name = (name::int + 1)::text")
        return Answer(201, "done")

    answers = [thread.result() for thread in [_Thread(race) for _ in range(8)]]
    assert {answer.body for answer in answers} == {"done"}
    assert [answer.again for answer in answers].count(False) == 1
    assert Peer.objects.get().name == "1"


@pytest.mark.django_db
def test_prune_forgets_old_receipts_only() -> None:
    once("app", "old", DIGEST, lambda: Answer(200, 1))
    once("app", "new", DIGEST, lambda: Answer(200, 1))
    Receipt.objects.filter(key="old").update(created_at=timezone.now() - timedelta(days=8))
    assert prune() == 1
    assert list(Receipt.objects.values_list("key", flat=True)) == ["new"]


class _Thread:
    def __init__(self, work: Callable[[], Answer]) -> None:
        self._work = work
        self._answer: Answer | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer = self._work()
        except BaseException as error:  # noqa: BLE001
            self._error = error
        finally:
            connection.close()

    def result(self) -> Answer:
        self._thread.join(10)
        if self._error:
            raise self._error
        assert self._answer is not None
        return self._answer

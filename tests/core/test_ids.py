"""Blocks of ids: no number twice, in threads and after a fork."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from chengguan.core.ids import IdBlocks


class Sequence:
    """Stands for a database sequence: rises for ever, never gives a block twice."""

    def __init__(self, size: int) -> None:
        self.size, self.taken, self.lock = size, 0, Lock()

    def reserve(self) -> tuple[int, int]:
        with self.lock:
            first = self.taken * self.size + 1
            self.taken += 1
        return first, first + self.size


def test_ids_rise_and_blocks_follow_one_another() -> None:
    sequence = Sequence(3)
    blocks = IdBlocks(sequence.reserve)
    assert [blocks.next() for _ in range(4)] == [1, 2, 3, 4]
    assert blocks.take(0) == []
    assert blocks.take(6) == [5, 6, 7, 8, 9, 10]
    assert sequence.taken == 4
    blocks.forget()
    assert blocks.next() == 13


def test_nothing_is_reserved_before_it_is_needed() -> None:
    sequence = Sequence(10)
    blocks = IdBlocks(sequence.reserve)
    blocks.take(10)
    assert sequence.taken == 1


def test_a_failed_reservation_loses_nothing() -> None:
    answers: Iterator[tuple[int, int] | OSError] = iter([(1, 3), OSError("gone"), (5, 7)])

    def reserve() -> tuple[int, int]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    blocks = IdBlocks(reserve)
    assert blocks.take(2) == [1, 2]
    with pytest.raises(OSError, match="gone"):
        blocks.next()
    assert blocks.next() == 5


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than no ids"):
        IdBlocks(Sequence(1).reserve).take(-1)
    with pytest.raises(ValueError, match="empty block"):
        IdBlocks(lambda: (5, 5)).next()


def test_threads_never_share_a_number() -> None:
    blocks = IdBlocks(Sequence(7).reserve)
    with ThreadPoolExecutor(8) as pool:
        one = [pool.submit(lambda: [blocks.next() for _ in range(500)]) for _ in range(8)]
        many = [pool.submit(blocks.take, 100) for _ in range(8)]
        taken = [number for job in one + many for number in job.result()]
    assert len(set(taken)) == len(taken) == 8 * 600


def test_a_child_process_takes_a_block_of_its_own() -> None:
    # The pipe plays the shared sequence: the child's block comes from it too.
    sequence = Sequence(100)
    blocks = IdBlocks(lambda: sequence.reserve() if os.getpid() == parent else (10_001, 10_101))
    parent = os.getpid()
    blocks.take(5)
    blocks._lock.acquire()  # as held by a thread that the child does not have
    receiver, sender = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(10)  # a lock that nobody releases ends the child, not the test run
        os.write(sender, str(blocks.next()).encode())
        os._exit(0)
    blocks._lock.release()
    os.close(sender)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(receiver, 32) == b"10001"
    os.close(receiver)
    assert blocks.next() == 6

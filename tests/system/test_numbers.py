"""Case numbers from eight processes at once, while another's transaction stays open."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import Any, Final

import pytest

from .house import House

WRITERS: Final = 8
EACH: Final = 30
#: The holder draws on the first day; nobody has drawn on the second when all eight begin.
USED, NEW = "2027-03-01T03:00:00", "2027-03-02T03:00:00"


@pytest.mark.slow  # eight processes with Django each
def test_eight_processes_draw_numbers_and_nobody_waits(house: House) -> None:
    keeper = house.begin("hold", USED)
    assert keeper.stdout is not None
    writers: list[subprocess.Popen[str]] = []
    try:
        held = json.loads(keeper.stdout.readline())
        writers += [
            house.begin("draw", str(number), f"{USED},{NEW}", str(EACH))
            for number in range(WRITERS)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert json.loads(writer.stdout.readline()) == "ready"
        for writer in writers:
            _go(writer)
        told = [_answer(writer.communicate(timeout=240)[0]) for writer in writers]
        assert [writer.returncode for writer in writers] == [0] * WRITERS
        _go(keeper)
        ended = _answer(keeper.communicate(timeout=60)[0])["ended"]
    finally:
        for process in (keeper, *writers):
            process.kill()
            process.communicate()

    # All of them ended before the open transaction did, and no statement waited 2 s for a lock.
    assert max(one["ended"] for one in told) < ended
    drawn = [one["numbers"] for one in told]
    everything = [number for own in drawn for number in own]
    per_day = WRITERS * EACH // 2
    assert held == "3101152027030100001"
    assert sorted(everything) == [
        *(f"31011520270301{n:05d}" for n in range(2, per_day + 2)),
        *(f"31011520270302{n:05d}" for n in range(1, per_day + 1)),
    ]
    # As text they stand in the order each writer drew them.
    for own in drawn:
        assert Counter(number[6:14] for number in own) == {
            "20270301": EACH // 2,
            "20270302": EACH // 2,
        }
        assert own[0::2] == sorted(own[0::2])
        assert own[1::2] == sorted(own[1::2])
    counts = house.ask("counts")
    total = WRITERS * EACH + 1
    assert (counts["cases"], counts["numbers"], counts["keys"]) == (total, total, total)


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _answer(said: str) -> Any:
    return json.loads(said.strip().splitlines()[-1])

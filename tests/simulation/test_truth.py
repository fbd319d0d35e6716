"""Same seed, same city: byte-equal truth logs, on paper in two processes and on the platform twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chengguan.accounts.domain import loading
from chengguan.simulation.running import Run, ground_of, live
from chengguan.simulation.town import make_town
from chengguan.store import cache

from .small import CALENDARS, DEFAULT, on_paper, small, truth_of

pytestmark = pytest.mark.slow

_ON_PAPER = """
from pathlib import Path
from chengguan.simulation.model.paper import Paper
from chengguan.simulation.model.reading import load_scenario
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.model.world import World
import sys
scenario = load_scenario(Path(sys.argv[1]))
log = TruthLog(Path(sys.argv[2]))
World(scenario, 7, 2, Paper(scenario), log).run()
log.close()
"""


@pytest.fixture
def calendar(db: None, settings: Any) -> Iterator[None]:
    settings.CHENGGUAN_CALENDAR = settings.CHENGGUAN_CALENDAR
    yield
    cache.forget()
    loading.forget()


def test_two_processes_with_other_hashes_write_the_same_bytes(tmp_path: Path) -> None:
    logs = []
    for number, hashes in enumerate(("0", "4242")):
        place = tmp_path / f"{number}.jsonl"
        subprocess.run(
            [sys.executable, "-c", _ON_PAPER, str(DEFAULT), str(place)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hashes},
        )
        logs.append(place.read_bytes())
    assert logs[0] == logs[1]
    assert logs[0].count(b"\n") > 1_000


@pytest.mark.django_db
def test_two_runs_on_the_platform_write_the_same_bytes(calendar: None, tmp_path: Path) -> None:
    spoilers = {"false_close": 0.2, "stage": 0.3, "habit_extension": 0.2, "reward": 0.5}
    scenario = small(24, spoilers=spoilers)
    ground = ground_of(scenario, 5)
    cast = make_town(scenario, ground, CALENDARS)
    runs: list[Run] = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        runs.append(
            live(scenario, cast, ground, days=5, seed=5, folder=tmp_path / name, client=name)
        )
    first, second = (truth_of(tmp_path / name) for name in ("first", "second"))
    assert first == second
    assert runs[0].driven.cases > 60
    assert b'"what":"spoil"' in first
    # Nothing of the database is in it: its ids differ from run to run.
    assert {key for line in first.splitlines() for key in json.loads(line)}.isdisjoint(
        {"id", "case_id", "number", "user_id"}
    )


def test_another_seed_is_another_city() -> None:
    scenario = small(24)
    one, other = (on_paper(scenario, 2, seed)[1].digest for seed in (1, 2))
    assert one != other


def test_spoilers_leave_nature_alone() -> None:
    """Whatever people do, the same problems arise by themselves on the same days."""
    fresh = []
    kinds: list[dict[str, float]] = [{}, {"false_close": 0.5, "stage": 1.0}]
    for spoilers in kinds:
        log = on_paper(small(24, spoilers=spoilers), 3)[1]
        lines = [json.loads(line) for line in log.lines]
        fresh.append([one for one in lines if one["what"] == "problem" and one["cause"] == "fresh"])
    assert fresh[0] == fresh[1]

"""A simulated city on the real platform: through the two doors, under the agents' posts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chengguan.cases.domain import rebuild
from chengguan.cases.models import Case, Report
from chengguan.simulation.model.ground import Ground
from chengguan.simulation.running import Run, ground_of, live
from chengguan.simulation.town import Cast, make_town
from chengguan.store import cache
from chengguan.workflow.models import Event

from .small import CALENDARS, small, truth_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SCENARIO = small()


@pytest.fixture
def town(db: None, settings: Any) -> Iterator[tuple[Cast, Ground]]:
    settings.CHENGGUAN_CALENDAR = settings.CHENGGUAN_CALENDAR
    ground = ground_of(SCENARIO, 1)
    yield make_town(SCENARIO, ground, CALENDARS), ground
    cache.forget()


def run(town: tuple[Cast, Ground], folder: Path, days: int = 3) -> Run:
    folder.mkdir()
    return live(SCENARIO, *town, days=days, seed=1, folder=folder)


def test_a_small_city_goes_through_the_doors(town: tuple[Cast, Ground], tmp_path: Path) -> None:
    done = run(town, tmp_path / "a")
    assert dict(done.driven.refused) == {}
    assert done.driven.cases == Report.objects.filter(client="moni-1").count() > 20
    assert Event.objects.count() == done.driven.cases + done.driven.steps
    assert Case.objects.filter(state="closed").count() > 10
    # Nobody acts as the system: every event has a real account's post.
    assert set(Event.objects.values_list("post", flat=True)) == {
        "acceptor",
        "collector",
        "dispatcher",
        "unit_clerk",
        "supervisor",
    }
    assert rebuild.verify().differences == []


def test_the_truth_log_is_what_run_json_says(town: tuple[Cast, Ground], tmp_path: Path) -> None:
    done = run(town, tmp_path / "a")
    said = json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))
    lines = truth_of(tmp_path / "a").splitlines()
    assert said["digest"] == done.digest
    assert said["lines"] == len(lines) == done.lines
    assert all(json.loads(line)["at"] >= 0 for line in lines)

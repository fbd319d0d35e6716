"""A life that is broken off goes on from the platform's own memory, as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from chengguan.accounts.domain import loading
from chengguan.cases.domain import rebuild
from chengguan.cases.models import Case, Report
from chengguan.core.errors import Conflict
from chengguan.simulation import journal
from chengguan.simulation.driving import Driven, Driver
from chengguan.simulation.lives import Life, live_all
from chengguan.simulation.model.districts import District, districts_of
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.model.world import World
from chengguan.simulation.remembering import Remembering
from chengguan.simulation.running import Run, live
from chengguan.simulation.town import Cast, find_casts, make_towns
from chengguan.store import cache
from chengguan.workflow.models import Event

from .small import CALENDARS, small, truth_of

pytestmark = pytest.mark.django_db

DAYS = 3
SCENARIO = small(
    24,
    number=4,
    city={"districts": 2, "feedback_minutes": 180},
    spoilers={"habit_extension": 0.3, "false_close": 0.2},
)


@pytest.fixture
def towns(db: None, settings: Any) -> Iterator[list[tuple[District, Cast]]]:
    settings.CHENGGUAN_CALENDAR = settings.CHENGGUAN_CALENDAR
    districts = districts_of(SCENARIO, 1)
    casts = make_towns(SCENARIO, districts, CALENDARS)
    yield list(zip(districts, casts, strict=True))
    cache.forget()
    loading.forget()


def lives(towns: list[tuple[District, Cast]], client: str, folder: Path) -> list[Life]:
    return [
        Life(district, cast, DAYS, 1, client, folder / f"{client}-{district.mark}")
        for district, cast in towns
    ]


def stand(client: str) -> list[tuple[Any, ...]]:
    """Give what the platform holds of a run, without ids and numbers."""
    reports = Report.objects.filter(client=client)
    keys = {case_id: key for case_id, key in reports.values_list("case_id", "key") if case_id}
    cases = Case.objects.filter(pk__in=keys).values_list("id", "state", "due_at", "closed_at")
    events = Event.objects.filter(procedure="case", instance_id__in=keys)
    moved: dict[int, list[tuple[str, datetime]]] = {}
    for case_id, verb, at in events.order_by("seq").values_list("instance_id", "verb", "at"):
        moved.setdefault(case_id, []).append((verb, at))
    return sorted((keys[row[0]], *row[1:], moved[row[0]]) for row in cases)


def broken_off(life: Life, days: int) -> None:
    """Live some days and leave, as a killed process does."""
    district, truth = life.district, TruthLog(life.truth, life.district.mark)
    world = World(
        district.scenario, life.seed, life.days, remembering(life, truth), truth,
        district.ground, mark=district.mark,
    )  # fmt: skip
    world.live_until(days)
    truth.close()


def remembering(life: Life, truth: TruthLog) -> Remembering:
    mark = life.district.mark
    driver = Driver(life.cast, life.district.scenario.city, life.client, mark)
    return Remembering(driver, journal.Journal(life.client, mark), truth)


def test_what_was_broken_off_ends_as_what_was_not(
    towns: list[tuple[District, Cast]], tmp_path: Path
) -> None:
    journal.begin("whole", {})
    whole = live_all(lives(towns, "whole", tmp_path), 1, lambda _: None)
    journal.begin("broken", {})
    first, second = lives(towns, "broken", tmp_path)
    broken_off(first, 1)
    broken_off(second, 2)
    broken_off(second, 2)
    # Another process finds the people again.
    found = find_casts(SCENARIO, [district for district, _ in towns])
    again = list(zip((district for district, _ in towns), found, strict=True))
    broken = live_all(lives(again, "broken", tmp_path), 1, lambda _: None)
    assert [one.digest for one in broken] == [one.digest for one in whole]
    assert [_counted(one.driven) for one in broken] == [_counted(one.driven) for one in whole]
    assert stand("broken") == stand("whole")
    assert len(stand("whole")) > 40
    for district, _ in towns:
        one, other = (tmp_path / f"{name}-{district.mark}" for name in ("whole", "broken"))
        assert one.read_bytes() == other.read_bytes()
    assert rebuild.verify().differences == []


def test_another_life_is_not_gone_on_with(
    towns: list[tuple[District, Cast]], tmp_path: Path
) -> None:
    journal.begin("first", {})
    life = lives(towns, "first", tmp_path)[0]
    broken_off(life, 1)
    other = Life(life.district, life.cast, DAYS, 2, "first", tmp_path / "other")
    with pytest.raises(Conflict) as raised:
        live_all([other], 1, lambda _: None)
    assert raised.value.code == "simulation.differs"
    assert "在新数据库中重新开始" in str(raised.value)


def test_a_run_leaves_no_tables_and_is_not_begun_twice(
    towns: list[tuple[District, Cast]], tmp_path: Path
) -> None:
    district, cast = towns[0]
    journal.begin("other", {})

    def run(days: int, folder: str) -> Run:
        (tmp_path / folder).mkdir(exist_ok=True)
        return live(
            district.scenario, cast, district.ground, days=days, seed=1,
            folder=tmp_path / folder, client="once",
        )  # fmt: skip

    assert journal.unfinished("once") is None
    done = run(1, "one")
    assert sha256(truth_of(tmp_path / "one")).hexdigest() == done.digest
    assert journal.unfinished("once") is None
    assert journal.unfinished("other") == {}
    with pytest.raises(Conflict) as raised:
        run(1, "two")
    assert raised.value.code == "simulation.again"
    journal.begin("once", {"seed": 1, "days": 9, "city": "another"})
    with pytest.raises(Conflict) as raised:
        run(1, "three")
    assert raised.value.code == "simulation.other"
    journal.end("once")
    journal.end("other")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('simulation_run'), to_regclass('simulation_look')")
        assert cursor.fetchone() == (None, None)
    assert not journal.stands()


def _counted(driven: Driven) -> tuple[int, int, dict[str, int]]:
    return driven.cases, driven.steps, dict(driven.refused)

"""Paper decides as the real platform: one small city lived on both, down to each line of truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import transaction

from chengguan.accounts.domain import loading
from chengguan.simulation.driving import Driver
from chengguan.simulation.model.paper import STEPS, Paper, Sheet
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.model.world import World
from chengguan.simulation.records import CaseRow, fill_from_platform, truth_of
from chengguan.simulation.running import ground_of
from chengguan.simulation.town import Cast, make_town
from chengguan.simulation.whatif.measures import by_hour, measured
from chengguan.simulation.whatif.question import calendar_of
from chengguan.store import cache, ids

from .small import CALENDARS, small

pytestmark = pytest.mark.django_db
SEED, DAYS = 5, 8
COLUMNS = (
    "state", "opened", "filed", "handled", "closed", "on_time",
    "reworks", "reopened", "extensions", "returns",
)  # fmt: skip
#: Everything a spoiler does goes through a verb: together they take every step paper knows.
PLANS: Mapping[str, Mapping[str, Any]] = {
    "honest": {},
    "spoiled": {
        "city": {"start": date(2025, 4, 2)},
        "spoilers": {"false_close": 0.3, "last_minute": 0.1, "habit_extension": 0.3, "stop_clock": 0.3, "foreign_photo": 0.1},
        "desks": {"sees_false_photo": 0.1, "sees_foreign_photo": 0.5, "checks": 0.1, "dispatchers_night": 0},
        "citizens": {"disputes": 1.0},
        "matters": {code: {"reports_per_day": 2.0} for code in ("06010", "06028", "09006", "06012")} | {"06012": {"limit": "15分钟"}},
    },
    "planned": {
        "collectors": {
            "beat_weights": [1.0, 3.0, 1.0, 0.5, 0.5],
            "shifts": [{"number": 2, "first_hour": 14, "last_hour": 22, "places": ["shops"]}],
        },
        "units": {"ORDER": {"shifts": [{"number": 2, "first_hour": 16, "last_hour": 1}]}},
        "matters": {"07001": {"limit": "4工作时"}, "09005": {"limit": "30分钟"}},
    },
}  # fmt: skip


def city(name: str) -> Scenario:
    """Give the small city of a plan; units and matters are changed by code."""
    tables = {key: dict(values) for key, values in PLANS[name].items()}
    own = {"feedback_minutes": 120, **tables.pop("city", {})}
    return small(24, number=5, city=own, **tables)


@contextmanager
def town(scenario: Scenario) -> Iterator[Cast]:
    calendar = settings.CHENGGUAN_CALENDAR
    cache.forget()
    ids.renew()
    try:
        with transaction.atomic():
            yield make_town(scenario, ground_of(scenario, SEED), CALENDARS)
    finally:
        settings.CHENGGUAN_CALENDAR = calendar
        cache.forget()
        loading.forget()


@pytest.mark.parametrize("plan", list(PLANS))
def test_paper_and_platform_agree_on_every_case_and_every_figure(plan: str) -> None:
    scenario = city(plan)
    with town(scenario) as cast:
        log, driver = TruthLog(), Driver(cast, scenario.city, "agrees")
        real = World(scenario, SEED, DAYS, driver, log, ground_of(scenario, SEED))
        real.run()
        records = truth_of(
            scenario, {"client": "agrees", "days": DAYS}, map(orjson.loads, log.lines)
        )
        fill_from_platform(records)

    paper, own = Paper(scenario, calendar_of(scenario, CALENDARS)), TruthLog()
    world = World(scenario, SEED, DAYS, paper, own)
    world.run()

    assert own.lines == log.lines
    if plan == "spoiled":
        acts = [one for one in map(orjson.loads, log.lines) if one["what"] == "act"]
        assert {one["verb"] for one in acts} == {*STEPS, "urge"}
        assert driver.driven.refused
    assert len(paper.cases) == len(records.cases) > 150
    assert {one.key: _columns(one) for one in paper.cases.values()} == {
        one.key: _columns(one) for one in records.cases
    }
    sources = [one.source for one in records.cases]
    figures = [
        measured(scenario, DAYS, records.problems, cases, sources, lived.load)
        for cases, lived in ((list(paper.cases.values()), world), (records.cases, real))
    ]
    assert figures[0] == figures[1]
    assert by_hour(DAYS, world.load) == by_hour(DAYS, real.load)


def _columns(one: Sheet | CaseRow) -> list[Any]:
    return [getattr(one, name) for name in COLUMNS]

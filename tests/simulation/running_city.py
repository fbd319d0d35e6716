"""Runs of one small town in one transaction that is rolled back: made once for a file of tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from pytest_django import DjangoDbBlocker

from chengguan.accounts.domain import loading
from chengguan.simulation.compare import Comparison, compared
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.model.truth import read_truth
from chengguan.simulation.records import Records, fill_from_platform, truth_of
from chengguan.simulation.running import ground_of, live
from chengguan.simulation.town import make_town
from chengguan.store import cache, ids

from .small import CALENDARS, small

GRIDS, DAYS, SEED = 36, 10, 3


class City:
    """One town and the runs in it; each is lived once."""

    def __init__(self, folder: Path, **changed: Mapping[str, Any]) -> None:
        self.folder = folder
        self.changed = {"city": {"feedback_minutes": 180}, **changed}
        self.scenario = scenario = self._scenario({})
        self._ground = ground_of(scenario, SEED)
        self._cast = make_town(scenario, self._ground, CALENDARS)
        self._done: dict[str, Comparison] = {}
        self._records: dict[str, Records] = {}

    def run(self, name: str, **spoilers: Any) -> Comparison:
        """Live one run and compare it with the honest one (itself, when nothing is spoiled)."""
        if name not in self._done:
            honest = self.run("honest") if spoilers else None
            self._done[name] = self._live(name, spoilers, honest)
        return self._done[name]

    def records(self, name: str) -> Records:
        """Give both sides of a run that has been lived."""
        return self._records[name]

    def _live(
        self, name: str, spoilers: Mapping[str, Any], honest: Comparison | None
    ) -> Comparison:
        folder = self.folder / name
        folder.mkdir()
        scenario = self._scenario(spoilers)
        live(
            scenario,
            self._cast,
            self._ground,
            days=DAYS,
            seed=SEED,
            folder=folder,
            client=f"test-{name}",
            spoilers=spoilers,
        )
        said = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        records = truth_of(scenario, said, read_truth(folder / "truth.jsonl"))
        fill_from_platform(records)
        self._records[name] = records
        return compared(records, honest.to_json() if honest else None)

    def _scenario(self, spoilers: Mapping[str, Any]) -> Scenario:
        tables = {name: dict(values) for name, values in self.changed.items()}
        grids = tables.pop("city")
        return small(GRIDS, number=5, spoilers=spoilers, city=grids, **tables)


@contextmanager
def city(folder: Path, blocker: DjangoDbBlocker, **changed: Mapping[str, Any]) -> Iterator[City]:
    """Give a town for the time of a file; the database forgets it afterwards."""
    calendar = settings.CHENGGUAN_CALENDAR
    with blocker.unblock():
        cache.forget()
        ids.renew()
        try:
            with transaction.atomic():
                made = City(folder, **changed)
                # What a test makes is rolled back with it; the honest run is for all of them.
                made.run("honest")
                yield made
                transaction.set_rollback(True)
        finally:
            settings.CHENGGUAN_CALENDAR = calendar
            cache.forget()
            loading.forget()
            ids.renew()

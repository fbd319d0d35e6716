"""Collectors and citizens that spoil numbers: for each switch the number that lies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from chengguan.simulation.compare import Comparison
from chengguan.simulation.figures import Figure

from .running_city import City, city

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def town(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    # Twelve grids a day, as in the large city, would find here what collectors leave.
    few = {"grids_per_day": 3}
    with city(tmp_path_factory.mktemp("people"), django_db_blocker, inspection=few) as made:
        yield made


def group(done: Comparison, kind: str, name: str, code: str) -> Figure:
    return next(one.figure for one in done.groups[kind][name] if one.figure.code == code)


@pytest.mark.parametrize(
    ("spoilers", "kind", "lies"),
    [
        ({"easy_only": 1.0}, "easy_only", "own_share"),
        ({"collude": 1.0, "collude_unit": "ADS"}, "collude", "own_share"),
        ({"stage": 1.0}, "stage", "collected"),
        ({"reward": 3.0}, "reward_staged", "public_valid"),
    ],
)
def test_the_table_shows_which_number_lies(
    town: City, spoilers: dict[str, Any], kind: str, lies: str
) -> None:
    done = town.run(kind, **spoilers)
    assert done.spoils[kind] > 20
    assert lies in done.lying
    lie = done.figure(lies)
    assert lie.moved is not None
    assert lie.moved > 0
    # What units do is untouched, and the drawn inspection can't be talked into anything.
    assert not {"on_time", "first_time_right", "false_closing", "discovery"} & set(done.lying)


def test_collusion_shows_at_the_unit_it_is_with(town: City) -> None:
    done = town.run("collude", collude=1.0, collude_unit="ADS")
    honest = town.run("honest")
    for unit, worse in (("ADS", True), ("CLEAN", False)):
        now, before = (group(one, "unit", unit, "own_share").truth for one in (done, honest))
        assert now is not None
        assert before is not None
        assert (now < before - 0.15) is worse


def test_only_the_easy_is_reported(town: City) -> None:
    done = town.run("easy_only", easy_only=1.0)
    reports = {one: group(done, "matter", one, "collected").reported for one in ("01003", "07001")}
    assert reports["01003"] == 0
    assert reports["07001"]

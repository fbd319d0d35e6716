"""A simulation in a city that is there: its grids, rules, duties and units; only accounts are new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factories import city, working_city

from chengguan.accounts.domain import loading
from chengguan.accounts.models import User
from chengguan.cases.models import Case
from chengguan.core.errors import Conflict
from chengguan.registry.models import Area
from chengguan.simulation.adopting import adopt
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.running import Run, live
from chengguan.store import cache

from .small import small

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    cache.forget()
    loading.forget()


def scenario() -> Scenario:
    """Give a city that knows one matter of the test city, and one that it has no rule for."""
    made = small(8, number=3, citizens={"hotline": 0.5})
    rubbish = replace(made.matter("06010"), code="01001", per_day=300.0)
    return replace(made, matters=(rubbish, made.matter("07001")))


def run(seed: int, folder: Path) -> Run:
    here = adopt(scenario(), seed)
    folder.mkdir()
    return live(here.scenario, here.cast, here.ground, days=2, seed=seed, folder=folder)


def test_the_citys_own_registry_is_used(tmp_path: Path) -> None:
    made = working_city()
    here = adopt(scenario(), 1)
    assert [grid.code for grid in here.ground.grids] == sorted(
        Area.objects.filter(level="grid").values_list("code", flat=True)
    )
    assert [one.code for one in here.scenario.matters] == ["01001"]
    assert [line[:5] for line in here.left_out] == ["07001"]
    assert [one.name for one in here.scenario.units] == ["环卫所"]
    done = run(1, tmp_path / "a")
    assert done.driven.cases > 10
    assert dict(done.driven.refused) == {}
    assert set(Case.objects.exclude(unit_id=None).values_list("unit_id", flat=True)) == {
        made.unit.pk
    }
    assert set(Case.objects.exclude(rule_id=None).values_list("rule_id", flat=True)) == {
        made.rule.pk
    }


def test_agents_are_marked_and_cant_sign_in(tmp_path: Path) -> None:
    working_city()
    run(1, tmp_path / "a")
    agents = User.objects.filter(username__startswith="moni.")
    assert agents.count() > 10
    assert set(agents.values_list("made_up", flat=True)) == {True}
    assert not any(user.has_usable_password() for user in agents)


def test_a_second_seed_finds_its_people_and_the_first_cant_be_run_again(tmp_path: Path) -> None:
    working_city()
    run(1, tmp_path / "a")
    people = User.objects.count()
    run(2, tmp_path / "b")
    assert User.objects.count() == people
    with pytest.raises(Conflict) as raised:
        run(1, tmp_path / "c")
    assert raised.value.code == "simulation.again"


def test_a_city_without_grids_or_rules_is_refused(tmp_path: Path) -> None:
    made: Any = city()
    with pytest.raises(Conflict) as raised:
        adopt(replace(scenario(), matters=scenario().matters[1:]), 1)
    assert raised.value.code == "simulation.nothing"
    with pytest.raises(Conflict) as raised:
        adopt(scenario(), 1, under="999999")
    assert raised.value.code == "simulation.no_grids"
    assert made

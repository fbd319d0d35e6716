"""Units that spoil numbers: for each switch the table says which reported number lies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from .running_city import City, city

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def town(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    with city(tmp_path_factory.mktemp("units"), django_db_blocker) as made:
        yield made


@pytest.mark.parametrize(
    ("spoiler", "share", "lies"),
    [
        ("false_close", 0.4, {"on_time", "first_time_right", "false_closing", "standing"}),
        ("foreign_photo", 0.4, {"on_time", "first_time_right", "false_closing", "standing"}),
        ("last_minute", 0.4, {"on_time", "first_time_right", "false_closing"}),
        ("habit_extension", 0.7, {"on_time"}),
    ],
)
def test_the_table_shows_which_number_lies(
    town: City, spoiler: str, share: float, lies: set[str]
) -> None:
    done = town.run(spoiler, **{spoiler: share})
    assert done.spoils[spoiler] > 20
    assert lies <= set(done.lying)
    assert not {"discovery", "collected", "own_share"} & set(done.lying)
    on_time = done.figure("on_time").figure
    # It flatters: the platform says more than was so, by more than its interval.
    assert on_time.truth is not None
    assert on_time.low is not None
    assert on_time.low > on_time.truth


def test_the_table_by_unit_names_the_one_that_cheats(town: City) -> None:
    done = town.run("one_unit", false_close=0.7, units=["MUNI"])
    lying = {
        unit
        for unit, own in done.groups["unit"].items()
        if any(one.lies and one.figure.code == "first_time_right" for one in own)
    }
    assert lying == {"MUNI"}


def test_a_foreign_photo_deceives_more_often_than_none(town: City) -> None:
    bare = town.run("false_close", false_close=0.4).figure("first_time_right").figure
    foreign = town.run("foreign_photo", foreign_photo=0.4).figure("first_time_right").figure
    assert bare.reported is not None
    assert foreign.reported is not None
    assert foreign.reported > bare.reported


def test_with_a_dispatcher_at_night_a_stopped_clock_gains_nothing(town: City) -> None:
    done = town.run("stop_clock", stop_clock=0.7)
    assert done.spoils["stop_clock"] > 50
    assert done.lying == []

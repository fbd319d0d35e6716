"""Where nobody dispatches at night, a case that is returned in the evening stops its clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from .running_city import City, city

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BY_DAY = {"dispatchers": 1, "dispatchers_night": 0, "dispatch_minutes": 12.0, "day_to": 16}


@pytest.fixture(scope="module")
def town(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    with city(tmp_path_factory.mktemp("clock"), django_db_blocker, desks=BY_DAY) as made:
        yield made


def test_returning_cases_makes_the_on_time_rate_lie(town: City) -> None:
    done = town.run("stop_clock", stop_clock=0.9)
    on_time = done.figure("on_time")
    assert on_time.lies
    assert on_time.moved is not None
    assert on_time.moved > 0

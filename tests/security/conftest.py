"""The small city, seen by people who try what they may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from api.callers import Caller
    from cases.town import Town
    from django.test import Client


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A city in which cases can be handled."""
    from cases.town import make_town

    from chengguan.store import cache

    yield make_town()
    cache.forget()


@pytest.fixture
def api(town: Town) -> Callable[[str], Caller]:
    """Give the API as one of the city's people."""
    from api.callers import caller

    return lambda post: caller(town.city.people[post])


@pytest.fixture
def page(town: Town) -> Callable[[str], Client]:
    """Give a browser as one of the city's people."""
    from page_clients import signed_in

    return lambda post: signed_in(town.city.people[post])

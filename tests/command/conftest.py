"""The small city with the shipped procedure and who commands it, for the rooms of command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cases.town import Town
    from django.test import Client
    from factories import City


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A city in which cases can be handled."""
    from cases.town import make_town

    from chengguan.store import cache

    yield make_town()
    cache.forget()


@pytest.fixture
def city(db: None) -> City:
    """A city with a commander, clerks and a neighbour district."""
    from .staff import staffed

    return staffed()


@pytest.fixture
def signed(city: City) -> Callable[[str], Client]:
    from page_clients import signed_in

    return lambda code: signed_in(city.people[code])

"""A small city, reports at its acceptor's desk, and clients signed in as its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from factories import City


@pytest.fixture
def city(db: None) -> City:
    import factories

    return factories.working_city()


@pytest.fixture
def acceptor(city: City) -> Client:
    from page_clients import signed_in

    return signed_in(city.people["acceptor"])


@pytest.fixture
def dispatcher(city: City) -> Client:
    from page_clients import signed_in

    return signed_in(city.people["dispatcher"])


@pytest.fixture
def stranger(city: City) -> Client:
    import factories
    from page_clients import signed_in

    return signed_in(factories.stranger())

"""A small city whose maps forget what an earlier test's city held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from factories import City


@pytest.fixture
def city(db: None) -> City:
    import factories

    from chengguan.cases import points
    from chengguan.registry import points as registry_points

    points.forget()
    registry_points.forget()
    return factories.working_city()


@pytest.fixture
def dispatcher(city: City) -> Client:
    from page_clients import signed_in

    return signed_in(city.people["dispatcher"])


@pytest.fixture
def stranger(city: City) -> Client:
    import factories
    from page_clients import signed_in

    return signed_in(factories.stranger())

"""The small city over HTTP: a client for each post with a bearer token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cases.town import Town

    from .callers import Caller


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A city in which cases can be handled."""
    from cases.town import make_town

    from chengguan.store import cache

    yield make_town()
    cache.forget()


@pytest.fixture
def acceptor(town: Town) -> Caller:
    return _post(town, "acceptor")


@pytest.fixture
def dispatcher(town: Town) -> Caller:
    return _post(town, "dispatcher")


@pytest.fixture
def charlie(town: Town) -> Caller:
    """A person with an account and no post."""
    from factories import stranger

    from .callers import caller

    return caller(stranger())


@pytest.fixture
def nobody(town: Town) -> Caller:
    from .callers import Caller

    return Caller("")


def _post(town: Town, code: str) -> Caller:
    from .callers import caller

    return caller(town.city.people[code])

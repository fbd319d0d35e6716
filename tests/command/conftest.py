"""The small city with the shipped procedure, for the rooms of command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cases.town import Town


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A city in which cases can be handled."""
    from cases.town import make_town

    from chengguan.store import cache

    yield make_town()
    cache.forget()

"""A small city whose areas no earlier test left in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from factories import City


@pytest.fixture
def city(db: None) -> City:
    import factories

    from chengguan.store import cache

    cache.forget()
    return factories.city()

"""The small city with the shipped procedure of cases and a working calendar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .town import Town


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A city in which cases can be handled."""
    from chengguan.store import cache

    from .town import make_town

    yield make_town()
    cache.forget()


@pytest.fixture
def live_town(transactional_db: None) -> Iterator[Town]:
    """A town whose steps are committed, for threads that race."""
    from chengguan.store import cache

    from .town import make_town

    yield make_town()
    cache.forget()

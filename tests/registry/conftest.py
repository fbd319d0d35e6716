"""Fixtures of the registry's tests. Imports stand inside: Django is not set up yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chengguan.accounts.domain.principal import Principal


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Path) -> Iterator[None]:
    from chengguan.store import cache

    settings.MEDIA_ROOT = tmp_path / "files"
    cache.forget()
    yield
    cache.forget()


@pytest.fixture
def keeper() -> Principal:
    from chengguan.accounts.enums import Capability

    from .town import holder

    return holder(Capability.SEE_REGISTRY, Capability.EDIT_REGISTRY, Capability.EDIT_DUTIES)


@pytest.fixture
def stranger() -> Principal:
    from chengguan.accounts.enums import Capability

    from .town import holder

    return holder(Capability.REPORT, name="路人", user_id=99)


@pytest.fixture
def town(db: None) -> None:
    from .town import add_town

    add_town()


@pytest.fixture
def catalogue(db: None) -> None:
    from .town import add_catalogue

    add_catalogue()

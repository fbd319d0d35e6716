"""Two people: alice, and charlie the stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chengguan.accounts.models import User


@pytest.fixture
def alice(db: None) -> User:
    return _make("alice")


@pytest.fixture
def charlie(db: None) -> User:
    return _make("charlie")


def _make(username: str) -> User:
    from chengguan.accounts.models import Organisation, User

    organisation, _ = Organisation.objects.get_or_create(
        code="c", defaults={"name": "中心", "kind": "centre", "path": "/1/"}
    )
    return User.objects.create(username=username, name=username, organisation=organisation)

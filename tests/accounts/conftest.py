"""The door's tests sign in often: a cheap hasher, and no memory of earlier attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

# Models can be imported only once Django is set up, which happens after this file is read.
if TYPE_CHECKING:
    from chengguan.accounts.models import User


@pytest.fixture
def cheap(settings: Settings) -> None:
    from django.core.cache import cache

    settings.PASSWORD_HASHERS = ["accounts.door.CountingHasher"]
    cache.clear()


@pytest.fixture
def alice(cheap: None) -> User:
    from django.utils import timezone

    from accounts.door import SECRET
    from accounts.people import grant, person, post

    made = person("爱丽丝", username="alice", password=SECRET, password_changed_at=timezone.now())
    grant(made, post("cases.see"))
    return made

"""Each test has its own empty place for files, and people to look at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:
    from chengguan.accounts.models import User


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MEDIA_ROOT.mkdir()
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def make_user(db: None) -> Callable[[str], User]:
    # Django isn't set up yet when this file is read.
    from chengguan.accounts.models import Organisation, User

    organisation = Organisation.objects.create(code="c", name="中心", kind="centre", path="/1/")

    def make(username: str) -> User:
        return User.objects.create(username=username, name=username, organisation=organisation)

    return make

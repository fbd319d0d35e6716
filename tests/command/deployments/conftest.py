"""Three towns of one county, for tests of help across their borders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cases.town import Town
    from django.test import Client

    from .towns import Towns


@pytest.fixture
def towns(town: Town) -> Towns:
    from .towns import make_towns

    return make_towns(town)


@pytest.fixture
def signed_as(towns: Towns) -> Callable[[str], Client]:
    from page_clients import signed_in

    return lambda name: signed_in(towns.people[name])

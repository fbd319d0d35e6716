"""The trial table, its procedure, its calendar and its first version.

Imports stand inside: pytest loads this file before Django is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from chengguan.workflow.models import Definition


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make the trial's table, without the key that would stop TRUNCATE between tests."""
    from django.db import connection

    from .trial import Trial

    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Trial)
        editor.deferred_sql.clear()


@pytest.fixture
def trial(db: None) -> Iterator[Definition]:
    """The procedure registered and published under the city's calendar."""
    from chengguan.store import cache
    from chengguan.workflow.domain import publish, register
    from chengguan.workflow.domain.revising import save_revision

    from .trial import CITY, SOURCE, SYSTEM, TRIAL

    cache.forget()
    register(TRIAL)
    save_revision(CITY, SYSTEM)
    yield publish("trial", SOURCE, SYSTEM)
    cache.forget()

"""The town made once for a module: its tests share one transaction and roll back within it.

Publishing the procedure and building a calendar take a second, most of what such a test needs.
`db` is overridden so that no test opens, and closes, a connection's transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from .town import Town


@pytest.fixture
def db(standing_town: Town) -> None:
    """The standing town is the database of every test here."""


@pytest.fixture(scope="module")
def standing_town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Town]:
    """A city in which cases can be handled, gone with the module."""
    from django.db import connection, transaction

    from chengguan.store import cache

    from .town import make_town

    with django_db_blocker.unblock():
        with transaction.atomic():
            yield make_town()
            transaction.set_rollback(True)
        cache.forget()
        connection.close()


@pytest.fixture
def town(db: None, standing_town: Town, django_db_blocker: DjangoDbBlocker) -> Iterator[Town]:
    """The standing town, as it was before every test."""
    from django.db import transaction

    from chengguan.accounts.domain import loading
    from chengguan.store import revisions

    with django_db_blocker.unblock():
        revision = revisions.current("catalogue"), revisions.current("duties")
        with transaction.atomic():
            yield standing_town
            transaction.set_rollback(True)
        revisions.refresh()
        loading.forget()
        if revision != (revisions.current("catalogue"), revisions.current("duties")):
            raise AssertionError("the registry did not fall back")

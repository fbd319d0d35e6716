"""The working city made once for a module, and more people: who switches the machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from factories import City
    from pytest_django import DjangoDbBlocker


@pytest.fixture
def db(standing_city: City) -> None:
    """The standing city is the database of every test here."""


@pytest.fixture(scope="module")
def standing_city(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[City]:
    """A city in which cases can be handled, gone with the module."""
    import factories
    from django.db import connection, transaction

    from chengguan.store import cache

    with django_db_blocker.unblock():
        with transaction.atomic():
            made = factories.working_city()
            held = factories.post("supervisor", "cases.see", "command.automatic", "registry.see")
            made.people["supervisor"] = factories.user("督查员", made.centre, held)
            chief = factories.post(
                "commander", "cases.see", "cases.close", "cases.oversee", "command.automatic"
            )
            made.people["commander"] = factories.user("值班指挥长", made.centre, chief)
            yield made
            transaction.set_rollback(True)
        cache.forget()
        connection.close()


@pytest.fixture
def city(db: None, standing_city: City, django_db_blocker: DjangoDbBlocker) -> Iterator[City]:
    """The standing city, as it was before every test."""
    from django.db import transaction

    from chengguan.accounts.domain import loading
    from chengguan.command.closing.domain import automatic as closing
    from chengguan.command.dispatch.domain import automatic
    from chengguan.store import revisions

    with django_db_blocker.unblock():
        with transaction.atomic():
            yield standing_city
            transaction.set_rollback(True)
        automatic._unsure.clear()
        closing._unsure.clear()
        revisions.refresh()
        loading.forget()

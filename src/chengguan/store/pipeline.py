"""Several statements in one round trip: psycopg's pipeline on Django's connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def pipelined() -> Iterator[None]:
    """Open a transaction whose statements are sent without waiting for their answers.

    Fetch nothing inside: it would wait. A statement's error surfaces at the latest when the
    block ends, and rolls the whole block back.

    Raises:
        django.db.Error: whatever one of the statements broke.
    """
    with transaction.atomic(), piped():
        yield


@contextmanager
def piped() -> Iterator[None]:
    """Do the same in the caller's transaction, so that a row count can be judged before its commit."""
    with connection.wrap_database_errors:
        connection.ensure_connection()
        with connection.connection.pipeline():
            yield

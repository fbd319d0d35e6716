"""What every command does before its work: database up, Django ready; and afterwards, let go."""

import contextlib
import os
from collections.abc import Iterator

from chengguan.config import postgres, signals


@contextlib.contextmanager
def database() -> Iterator[postgres.Server]:
    """Hold the database for the time of a command; the last holder stops an embedded one.

    Raises:
        DatabaseUnavailableError: with the reason and the mend, in Chinese.
    """
    with signals.as_exit():
        server = postgres.ensure_running()
        try:
            yield server
        finally:
            postgres.release()


@contextlib.contextmanager
def django_ready() -> Iterator[postgres.Server]:
    """Hold the database and set Django up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")
    with database() as server:
        import django

        django.setup()
        try:
            yield server
        finally:
            from django.db import connections

            connections.close_all()


def migrate(*, verbosity: int = 0) -> int:
    """Bring the tables up to date; gives the number of migrations applied. Needs `django_ready`."""
    from django.core.management import call_command

    from chengguan.config import schema_state

    pending = schema_state.pending()
    if pending:
        call_command("migrate", interactive=False, verbosity=verbosity)
    return pending

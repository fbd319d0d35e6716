"""The test session: its own PostgreSQL server under `var/testpg`, then Django.

The settings module is named here and not in pyproject.toml, because pytest-django would
read the settings before this file could say which database to use. `CHENGGUAN_TEST_DB`
names the test database, so that several people can run tests side by side.
"""

import os
import signal

import pytest
from pytest_django import DjangoDbBlocker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")
os.environ["CHENGGUAN_TESTING"] = "1"

from chengguan.config import paths, postgres

# WhiteNoise warns of a missing directory, and warnings are errors.
(paths.VAR / "static").mkdir(parents=True, exist_ok=True)

if postgres.is_embedded():
    os.environ["CHENGGUAN_PG_DIR"] = str(paths.VAR / "testpg")
    # A test database may be lost at any moment; waiting for the disk would double the time.
    os.environ["CHENGGUAN_PG_FAST_UNSAFE"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    # A shell that starts us in the background lets SIGINT be ignored, nohup SIGHUP, and so do all
    # our children: here they are asked to end by either.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    postgres.ensure_running()
    # pytest-django sets Django up only where the settings have been read already.
    from django.conf import settings

    assert settings.DATABASES


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.release()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests empty the audit log between them; its own tests switch the refusal on again."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("audit_entry", "audit_link"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_whole")


@pytest.fixture(autouse=True)
def new_ids(request: pytest.FixtureRequest) -> None:
    """Begin each test with a whole block of ids: statements are counted, and one in a thousand asks."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        from chengguan.store import ids

        request.getfixturevalue("_django_db_helper")
        ids.renew()

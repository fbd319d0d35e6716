"""Clients signed in as the people of the small city."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chengguan.accounts.models import User


def signed_in(user: User) -> Client:
    """Give a client with a session of `user`."""
    client = Client()
    client.force_login(user)
    return client


def statements(client: Client, url: str) -> int:
    """Count the SQL statements of a page whose process caches are warm.

    Who asks and the revisions are asked again after a second, so the least of three counts:
    a slow machine must not add them by chance.
    """
    client.get(url)
    return fewest(lambda: client.get(url).status_code == 200)


def fewest(call: Callable[[], object]) -> int:
    """Count the SQL statements of a call whose process caches are warm, the least of three."""
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            assert call()
        counts.append(len(captured))
    return min(counts)

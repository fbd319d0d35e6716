"""Clients signed in as the people of the small city."""

from __future__ import annotations

from django.test import Client

from chengguan.accounts.models import User


def signed_in(user: User) -> Client:
    """Give a client with a session of `user`."""
    client = Client()
    client.force_login(user)
    return client

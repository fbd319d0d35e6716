"""A session that has outlived its account or its password ends, and its use is in the audit, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.door import noted
from chengguan.accounts.domain.grants import lock
from chengguan.accounts.domain.people import switch_off
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("cheap"),
]


def _lock(user: User) -> None:
    lock(user, principal=Principal.system("测试"))


def _switch_off(user: User) -> None:
    switch_off(user, principal=Principal.system("测试"))


def _new_password(user: User) -> None:
    user.set_password("Another-2026-lu")
    user.save(update_fields=["password"])


@pytest.mark.parametrize(
    ("end", "reason"), [(_lock, "locked"), (_switch_off, "off"), (_new_password, "password")]
)
def test_its_use_is_refused_and_noted_once(
    client: Client, alice: User, end: Callable[[User], None], reason: str
) -> None:
    client.force_login(alice)
    thief = Client(REMOTE_ADDR="203.0.113.9")
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert thief.get("/api/v1/cases").status_code == 200
    end(alice)
    for _ in range(3):
        thief.cookies["sessionid"] = client.cookies["sessionid"].value
        assert thief.get("/api/v1/cases").status_code == 401
    assert noted("accounts.session_refused") == [
        ("refused", {"reason": reason, "path": "/api/v1/cases"})
    ]
    assert not Session.objects.exists()


def test_a_living_session_and_no_session_note_nothing(client: Client, alice: User) -> None:
    client.get("/api/v1/cases")
    client.force_login(alice)
    client.get("/api/v1/cases")
    assert noted("accounts.session_refused") == []

"""Codes tried at once: every wrong one counts, no more are tried than allowed, each opens once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.door import SECRET, START, code, noted, sign_in
from chengguan.accounts.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("cheap", "apart"),
    pytest.mark.urls("accounts.site"),
]

KEY = "JBSWY3DPEHPK3PXP"
AT_ONCE = 8
Clock = time_machine.Traveller


@pytest.fixture
def apart(settings: Settings) -> None:
    """Remember nothing in the process: the tries come to as many processes."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(START, tick=False) as held:
        yield held


@pytest.fixture
def doors(clock: Clock, alice: User) -> list[Client]:
    """Alice, eight times past her password and asked for the code."""
    from allauth.core import context
    from django.test import RequestFactory

    with context.request_context(RequestFactory().get("/")):
        TOTP.activate(alice, KEY)
    clients = [Client() for _ in range(AT_ONCE)]
    for client in clients:
        assert sign_in(client, password=SECRET)["Location"] == "/accounts/mfa/authenticate/"
    return clients


def try_at_once(doors: list[Client], tried: str) -> None:
    together = Barrier(len(doors))

    def knock(client: Client) -> None:
        together.wait()
        try:
            client.post("/accounts/mfa/authenticate/", {"code": tried})
        finally:
            connection.close()

    threads = [Thread(target=knock, args=(client,)) for client in doors]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def inside(doors: list[Client]) -> int:
    return [client.get("/").content.decode() for client in doors].count("爱丽丝")


def failures(alice: User) -> tuple[int, int]:
    counted = User.objects.get(pk=alice.pk).failed_logins
    return counted, [detail.get("reason") for _, detail in noted()].count("second_factor")


def test_every_wrong_code_counts(doors: list[Client], alice: User, settings: Settings) -> None:
    settings.CHENGGUAN_LOCK_AFTER = 100
    try_at_once(doors, "000000")
    assert failures(alice) == (AT_ONCE, AT_ONCE)


def test_no_more_are_tried_than_the_lock_allows(
    doors: list[Client], alice: User, settings: Settings
) -> None:
    settings.CHENGGUAN_LOCK_AFTER = 3
    try_at_once(doors, "000000")
    assert failures(alice) == (3, 3)
    doors[0].post("/accounts/mfa/authenticate/", {"code": code(KEY)})
    assert inside(doors) == 0


def test_a_code_opens_one_door_of_many(doors: list[Client], alice: User) -> None:
    try_at_once(doors, code(KEY))
    assert inside(doors) == 1


def test_a_code_opens_once_and_the_next_one_again(
    doors: list[Client], alice: User, clock: Clock
) -> None:
    first = code(KEY)
    for client in doors[:3]:
        client.post("/accounts/mfa/authenticate/", {"code": first})
    assert (inside(doors), failures(alice)) == (1, (2, 2))
    clock.shift(timedelta(seconds=30))
    doors[3].post("/accounts/mfa/authenticate/", {"code": code(KEY)})
    assert inside(doors) == 2
    assert Authenticator.objects.get(user=alice).last_used_at is not None


def test_a_code_that_opened_does_not_reauthenticate(doors: list[Client], alice: User) -> None:
    used = code(KEY)
    doors[0].post("/accounts/mfa/authenticate/", {"code": used})
    answer = doors[0].post("/accounts/mfa/reauthenticate/", {"code": used})
    assert answer.status_code == 200
    assert "不正确" in answer.content.decode()


def test_a_locked_account_does_not_reauthenticate(
    doors: list[Client], alice: User, clock: Clock
) -> None:
    doors[0].post("/accounts/mfa/authenticate/", {"code": code(KEY)})
    locked = START + timedelta(minutes=15)
    User.objects.filter(pk=alice.pk).update(locked_until=locked)
    clock.shift(timedelta(seconds=30))
    answer = doors[0].post("/accounts/mfa/reauthenticate/", {"code": code(KEY)})
    assert answer.status_code == 200
    assert "已被锁定" in answer.content.decode()


def test_the_cache_is_none() -> None:
    cache.set("anything", 1)
    assert cache.get("anything") is None

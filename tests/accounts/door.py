"""What the tests of the door share: a cheap counting hasher, a way in, what was noted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from chengguan.audit.models import Entry

SECRET = "Xiangzhang-88-lu"
WRONG = "Wutong-77-dadao"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class CountingHasher(Argon2PasswordHasher):
    """Counts its computations; cheap, for a test signs in often."""

    time_cost, memory_cost, parallelism = 1, 64, 1
    done = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.done += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        CountingHasher.done += 1
        return super().verify(password, encoded)


def sign_in(client: Client, username: str = "alice", password: str = SECRET) -> Any:
    return client.post("/login/", {"login": username, "password": password})


def said(response: Any) -> list[str]:
    return list(response.context["form"].non_field_errors())


def noted(action: str = "accounts.sign_in") -> list[tuple[str, dict[str, Any]]]:
    rows = Entry.objects.filter(action=action).order_by("id")
    return list(rows.values_list("result", "detail"))


def code(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import (
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))

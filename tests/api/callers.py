"""People at the API, each with a bearer token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client

from chengguan.accounts.domain.tokens import digest_of
from chengguan.accounts.models import ApiToken, User


@dataclass
class Caller:
    """A person (or nobody) at the API."""

    token: str

    def get(self, path: str, **query: Any) -> Any:
        return Client().get(f"/api/v1{path}", query, headers=self._headers())

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return Client().post(
            f"/api/v1{path}",
            body,
            content_type="application/json",
            headers={**self._headers(), **headers},
        )

    def patch(self, path: str, body: bytes, **headers: str) -> Any:
        return Client().patch(
            f"/api/v1{path}",
            body,
            content_type="application/octet-stream",
            headers={**self._headers(), **headers},
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def caller(user: User) -> Caller:
    """Give a person a token."""
    raw = f"raw-{user.username}"
    ApiToken.objects.create(user=user, name="试", digest=digest_of(raw))
    return Caller(raw)

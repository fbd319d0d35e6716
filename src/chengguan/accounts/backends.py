"""Django's door to the accounts: passwords in, and who a session belongs to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from chengguan.accounts import requests
from chengguan.accounts.domain import loading
from chengguan.accounts.domain.sign_in import check_credentials
from chengguan.accounts.models import User


class PostBackend(BaseBackend):
    """Checks passwords, and loads user and principal of a session in one statement."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **others: Any,
    ) -> User | None:
        if not username or not password:
            return None
        if request is None:
            return check_credentials(username, password)
        return check_credentials(
            username,
            password,
            ip=requests.client_ip(request),
            request_id=requests.request_id(request),
        )

    def get_user(self, user_id: int) -> User | None:
        # Never from the copy of a second ago: Django compares the session with the password here,
        # and a session must not end because this process has not heard of the new one yet.
        loaded = loading.by_id(user_id, fresh=True)
        return loaded.user() if loaded else None

"""django-allauth fitted to us: no sign-up, no mail, our words, secrets encrypted."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest

from chengguan.accounts import requests
from chengguan.accounts.domain import passwords
from chengguan.accounts.domain.grants import holds_separate_post
from chengguan.accounts.models import User

_SILENT = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the system administrator; allauth only signs in and changes passwords."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # One sentence for an unknown name, a wrong password and a locked account.
        "username_password_mismatch": (
            f"账号或密码不正确，或账号已被锁定。连续 {settings.CHENGGUAN_LOCK_AFTER} 次失败将锁定"
            f" {settings.CHENGGUAN_LOCK_MINUTES} 分钟，可请安全管理员解锁。"
        ),
        "too_many_login_attempts": "尝试过于频繁，请稍后再试。",
        "incorrect_password": "原密码不正确，请重新输入。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return requests.client_ip(request) or "127.0.0.1"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return str(settings.LOGIN_REDIRECT_URL)

    def set_password(self, user: User, password: str) -> None:
        passwords.set_password(user, password, principal=requests.principal(context.request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: the office network has no mail; the audit log has every change."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing, see `send_mail`."""

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if message_template not in _SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """TOTP secrets and recovery seeds lie encrypted in the database, under the secret key."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "动态口令不正确，请核对手机时间后重新输入。",
        "cannot_delete_authenticator": "本岗位必须使用动态口令，不能停用。",
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        user = authenticator.user
        return not (settings.CHENGGUAN_SECOND_FACTOR and holds_separate_post(user))

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    key = sha256(b"chengguan.mfa:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(urlsafe_b64encode(key))

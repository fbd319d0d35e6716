"""The second factor, under the same lock as the password."""

from __future__ import annotations

from allauth.mfa.base.forms import AuthenticateForm
from django.core.exceptions import ValidationError

from chengguan.accounts.domain.sign_in import is_locked_out
from chengguan.accounts.models import User


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]
    """Refuses every code while failures have locked the account."""

    def clean_code(self) -> str:
        user = User.objects.get(pk=self.user.pk)
        if is_locked_out(user):
            raise ValidationError("账号已被锁定，请稍后再试，或请安全管理员解锁。")
        return str(super().clean_code())

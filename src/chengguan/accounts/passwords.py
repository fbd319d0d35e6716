"""The password rule beside length and commonness: characters of several kinds (GB/T 22239-2019 8.1.4.1)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError

_KINDS = 3


class MixedCharactersValidator:
    """Ask for three of: capitals, small letters, digits, other characters."""

    def validate(self, password: str, user: Any = None) -> None:
        kinds = {_kind(character) for character in password}
        if len(kinds) < _KINDS:
            raise ValidationError(self.get_help_text(), code="password_one_kind")

    def get_help_text(self) -> str:
        return "密码须含大写字母、小写字母、数字、其他字符中的至少三种。"


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper():
        return "capital"
    return "small" if character.islower() else "other"


class LeanArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's m = 19 MiB, t = 2, p = 1: eight may sign in at once on a small server.

    Django's own choice takes 100 MiB and eight threads for each. A password kept under it is
    hashed again at the next sign-in.
    """

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1

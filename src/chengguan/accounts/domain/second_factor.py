"""A code opens once (RFC 6238 5.2), whichever process it is shown to."""

from __future__ import annotations

import time

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt

_LAST = "last_counter"


def spend(authenticator: Authenticator, code: str) -> bool:
    """Use up a right TOTP code: False where it, or a later one, has opened before.

    Call it in a transaction that holds the lock of the person's row. Recovery codes are used up
    by allauth itself.
    """
    if authenticator.type != Authenticator.Type.TOTP:
        return True
    kept = Authenticator.objects.get(pk=authenticator.pk)
    shown = _counter(decrypt(kept.data["secret"]), code)
    if shown <= kept.data.get(_LAST, -1):
        return False
    kept.data[_LAST] = shown
    kept.save(update_fields=["data"])
    return True


def _counter(secret: str, code: str) -> int:
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            return int(counter)
    # It was right a moment ago: its time has just run out, and nobody can show it again.
    return int(time.time()) // int(app_settings.TOTP_PERIOD)

"""Sign-in by password: locked after failures, and no way to find out which accounts exist.

Whoever asks gets the same answer after the same work for an unknown name, a wrong password and
a locked account: one Argon2 computation, one audit entry, one commit (GB/T 22239-2019 8.1.4.1).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from chengguan.accounts.models import User
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result

ACTION = "accounts.sign_in"
_LOCK_SPACE = 0x7369676E  # "sign"


@transaction.atomic
def check_credentials(
    username: str, password: str, *, ip: str | None = None, request_id: str = ""
) -> User | None:
    """Give the user when name and password are right and the account is neither off nor locked.

    A failure is counted and audited here; success is audited when the session begins, for a
    second factor may come between.
    """
    # Attempts for one name take turns, known or not: guesses in parallel can't outrun the count,
    # and their waiting says nothing about the name.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, username])
    user = User.objects.filter(username=username).select_related("organisation").first()
    reason = _closed(user)
    if user is None or reason or not user.has_usable_password():
        make_password(password)
        right = False
    else:
        right = user.check_password(password)
    if user is not None and right:
        # Before a second factor nothing is forgotten: a known password must not buy more codes.
        if (user.failed_logins or user.locked_until) and not has_second_factor(user):
            forget_failures(user)
        return user
    who = Actor(user.pk if user else None, user.name if user else "", ip=ip, request_id=request_id)
    detail: dict[str, Any] = {"username": username[:40], "reason": reason or "password"}
    if user is not None and not reason:
        detail |= count_failure(user)
    record(
        ACTION,
        actor=who,
        subject_type="accounts.user",
        subject_id=username,
        result=Result.REFUSED,
        detail=detail,
    )
    return None


def count_failure(user: User) -> dict[str, Any]:
    """Count one failure; at the limit lock the account for the minutes of the settings.

    A lock that has run out starts the count anew. Gives what the audit entry should say.
    """
    now = timezone.now()
    expired = user.locked_until is not None and user.locked_until <= now
    failed = 1 if expired else user.failed_logins + 1
    until = None
    if failed >= settings.CHENGGUAN_LOCK_AFTER:
        until = now + timedelta(minutes=settings.CHENGGUAN_LOCK_MINUTES)
    User.objects.filter(pk=user.pk).update(failed_logins=failed, locked_until=until)
    return {"failed": failed, "locked_until": until.isoformat() if until else None}


def forget_failures(user: User) -> None:
    """Start the count anew: the person has signed in."""
    User.objects.filter(pk=user.pk).update(failed_logins=0, locked_until=None)


def has_second_factor(user: User) -> bool:
    """Say whether sign-in asks for a code after the password."""
    return bool(Authenticator.objects.filter(user_id=user.pk).exists())


def is_locked_out(user: User) -> bool:
    """Say whether failures have locked the account for now."""
    return user.locked_until is not None and user.locked_until > timezone.now()


def _closed(user: User | None) -> str:
    if user is None:
        return "unknown"
    if not user.is_active:
        return "off"
    if user.locked:
        return "locked"
    return "locked_out" if is_locked_out(user) else ""

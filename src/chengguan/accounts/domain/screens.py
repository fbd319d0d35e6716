"""Walls that stay signed in: a session bound to an address, read-only, ended by a day or at once.

The time-out of an idle session (GB/T 22239-2019 8.1.4.1 b) guards a desk that somebody left. At a
wall nobody sits, and its account can do nothing; so a security administrator may let one screen
show for weeks, and is told by the audit who opened it, from where, and who took it back.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.domain.rights import require
from chengguan.accounts.domain.wrong_codes import refuse_code
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Screen, User
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import record
from chengguan.core.errors import Invalid
from chengguan.store import revisions
from chengguan.store.cache import revised

REVISION: Final = "screens"
CODE_MINUTES: Final = 15
MOST_DAYS: Final = 180
#: All that the account of a screen may hold.
SHOWING: Final = frozenset({Capability.WALL.value})
_paths: list[str] = ["/static/"]


def allow_paths(*prefixes: str) -> None:
    """Let screens read the addresses below these prefixes; rooms above say theirs at start."""
    _paths.extend(one for one in prefixes if one not in _paths)


def may_read(method: str, path: str) -> bool:
    """Say whether a screen may ask this: it reads what it shows, and nothing else."""
    return method in ("GET", "HEAD") and path.startswith(tuple(_paths))


@transaction.atomic
def grant_screen(
    user: User, *, name: str, address: str, days: int, principal: Principal
) -> tuple[Screen, str]:
    """Let a screen at this address show as `user` for so many days.

    Gives the row and the code that opens it once within fifteen minutes, which can't be shown again.

    Raises:
        NotAllowed: no security administrator of the account's subtree.
        Invalid: the account can do more than show, no name, too many days, no address.
    """
    require(principal, Capability.MANAGE_SECURITY, user.organisation.path)
    _check(user, name.strip(), days)
    code = secrets.token_urlsafe(24)
    now = timezone.now()
    screen = Screen(
        user=user, name=name.strip(), address=address, digest=_digest(code),
        code_until=now + timedelta(minutes=CODE_MINUTES), expires_at=now + timedelta(days=days),
    )  # fmt: skip
    screen.full_clean(exclude=["digest"])
    screen.save()
    _note("accounts.screen_granted", screen, principal.actor(), until=screen.expires_at.isoformat())
    return screen, code


def open_screen(code: str, address: str | None, request_id: str = "") -> Screen:
    """Use a code at the screen's own address; the caller begins the session.

    Raises:
        NotAllowed: unknown, used, too old, revoked, or from elsewhere; audited, all alike.
        DomainError: 429, too many wrong ones lately.
    """
    now = timezone.now()
    with transaction.atomic():
        screen = Screen.objects.select_for_update().filter(digest=_digest(code)).first()
        good = screen is not None and _fits(screen, address, now)
        if good and screen is not None:
            screen.opened_at = now
            Screen.objects.filter(pk=screen.pk).update(opened_at=now)
            actor = Actor(screen.user_id, screen.user.name, ip=address, request_id=request_id)
            _note("accounts.screen_opened", screen, actor)
            return screen
    raise refuse_code(screen, Actor(None, "", ip=address, request_id=request_id))


@transaction.atomic
def revoke_screen(screen: Screen, *, principal: Principal) -> None:
    """End a screen's showing at once; every process knows within a second."""
    require(principal, Capability.MANAGE_SECURITY, screen.user.organisation.path)
    if screen.revoked_at is None:
        Screen.objects.filter(pk=screen.pk, revoked_at=None).update(revoked_at=timezone.now())
        _note("accounts.screen_revoked", screen, principal.actor())


def is_showing(
    screen_id: int,
    who: Principal,
    at: datetime,
    *,
    address: str | None = None,
    anywhere: bool = False,
) -> bool:
    """Say whether a session of this screen still holds, at `address` or, where said, `anywhere`.

    An account that was given more to do since shows no longer: who may do something signs in as
    everybody does, with his time-out and second factor.
    """
    found = _living().get(screen_id)
    if found is None or not _only_shows(who):
        return False
    owner, place, until = found
    return owner == who.user_id and at < until and (anywhere or address == place)


@revised(REVISION)
def _living() -> dict[int, tuple[int, str, datetime]]:
    rows = Screen.objects.filter(revoked_at=None, opened_at__isnull=False)
    return {row.pk: (row.user_id, row.address, row.expires_at) for row in rows}


def _fits(screen: Screen, address: str | None, now: datetime) -> bool:
    return (
        screen.opened_at is None
        and screen.revoked_at is None
        and now < min(screen.code_until, screen.expires_at)
        and screen.address == address
        and screen.user.is_active
        and not screen.user.locked
        and _only_shows(principal_of(screen.user))
    )


def _only_shows(who: Principal) -> bool:
    held = {one for grant in who.grants for one in grant.capabilities}
    return bool(held) and not held - SHOWING


def _check(user: User, name: str, days: int) -> None:
    if not _only_shows(principal_of(user)):
        raise Invalid(
            "accounts.screen_account",
            "这个账号不只有大屏岗位，不能长期免登录展示。",
            mend="请另建一个只授予“大屏”岗位的账号。",
            field="user",
        )
    if not name:
        raise Invalid("accounts.screen_name", "请写明是哪一块屏。", field="name")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid("accounts.screen_days", f"授权天数应为 1 至 {MOST_DAYS}。", field="days")


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()


def _note(action: str, screen: Screen, actor: Actor, **more: str) -> None:
    record(
        action,
        actor=actor,
        subject_type="accounts.screen",
        subject_id=str(screen.pk),
        detail={
            "name": screen.name,
            "user": screen.user.username,
            "address": screen.address,
            **more,
        },
    )
    revisions.bump(REVISION)

"""Bearer tokens of the API: shown once, kept as SHA-256 only."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.rights import require
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import ApiToken, User
from chengguan.audit.domain.record import record
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.store import revisions

PREFIX = "cg_"


def principal_of_token(raw: str, request: HttpRequest | None = None) -> Principal | None:
    """Give who a bearer token speaks for, None when it is unknown, expired or revoked.

    One statement, kept for at most a second per process.
    """
    loaded = loading.by_token(digest_of(raw))
    if loaded is None:
        return None
    if request is None:
        return loaded.principal
    from chengguan.accounts import requests

    return loaded.principal.at(
        ip=requests.client_ip(request), request_id=requests.request_id(request)
    )


@transaction.atomic
def issue_token(
    user: User, *, name: str, principal: Principal, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token for oneself or, as security administrator, for a system account.

    Gives the row and the token itself, which can't be shown again.

    Raises:
        NotAllowed: another person's account: whoever holds the token acts in that name.
        Invalid: no purpose said, or the end lies in the past.
    """
    _may_administer(user, principal)
    name = name.strip()
    if not name or len(name) > 60:
        raise Invalid("accounts.token_name", "请用 1 至 60 字写明令牌用途。", field="name")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("accounts.token_expiry", "有效期应在将来。", field="expires_at")
    raw = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, digest=digest_of(raw), expires_at=expires_at
    )
    _note("accounts.token_issued", token, principal)
    return token, raw


@transaction.atomic
def revoke_token(token: ApiToken, *, principal: Principal) -> None:
    """End a token at once; a security administrator of the account's subtree may end anybody's."""
    if token.user_id != principal.user_id:
        require(principal, Capability.MANAGE_SECURITY, token.user.organisation.path)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=token.revoked_at)
    _note("accounts.token_revoked", token, principal)


def digest_of(raw: str) -> str:
    """Give the hexadecimal SHA-256 a token is kept as."""
    return sha256(raw.encode()).hexdigest()


def _may_administer(user: User, principal: Principal) -> None:
    if user.pk == principal.user_id:
        return
    require(principal, Capability.MANAGE_SECURITY, user.organisation.path)
    if not user.is_system and not principal.is_system:
        raise NotAllowed(
            "accounts.token_of_person",
            "个人账号的令牌只能由本人申领。",
            mend="对接别的平台请建立系统账号。",
        )


def _note(action: str, token: ApiToken, principal: Principal) -> None:
    record(
        action,
        actor=principal.actor(),
        subject_type="accounts.user",
        subject_id=token.user.username,
        detail={"token": token.pk, "name": token.name},
    )
    revisions.bump(loading.REVISION)

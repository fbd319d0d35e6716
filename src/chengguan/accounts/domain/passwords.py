"""Passwords: the rules, setting one's own, and an administrator's reset."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.grants import holds_separate_post
from chengguan.accounts.domain.loading import REVISION
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.rights import require
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.audit.domain.record import record
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.store import revisions


@transaction.atomic
def set_password(user: User, password: str, *, principal: Principal) -> None:
    """Set one's own password, or reset another's, who must then change it at the next sign-in.

    All sessions of the account end, one's own included unless the caller renews it. A reset also
    ends the count of failures. Nobody resets the password of one of the three administrators:
    whoever could, would hold that post as well; it is done at the server's console.

    Raises:
        NotAllowed: another's account, and no system administrator of its subtree.
        Invalid: the password breaks a rule; each broken rule is named.
    """
    own = principal.user_id == user.pk
    if not own:
        require(principal, Capability.MANAGE_SYSTEM, user.organisation.path)
        if not principal.is_system and holds_separate_post(user):
            raise NotAllowed(
                "accounts.separate_password",
                "三权分立：不能重置系统、安全、审计管理员的密码。",
                mend="请在服务器上运行 chengguan manage set_password 账号 办理。",
            )
    check_password_rules(password, user)
    user.set_password(password)
    user.password_changed_at = timezone.now()
    user.must_change_password = not own
    user.failed_logins = 0
    user.save(
        update_fields=[
            "password",
            "password_changed_at",
            "must_change_password",
            "failed_logins",
        ]
    )
    record(
        "accounts.password_changed" if own else "accounts.password_reset",
        actor=principal.actor(None if own else Capability.MANAGE_SYSTEM),
        subject_type="accounts.user",
        subject_id=user.username,
        detail={"username": user.username},
    )
    revisions.bump(REVISION)


def check_password_rules(password: str, user: User) -> None:
    """Check a password against every rule of the settings.

    Raises:
        Invalid: with one sentence per broken rule.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = [
            Invalid("accounts.password", sentence, field="password") for sentence in error.messages
        ]
        raise Invalid(
            "accounts.password", faults[0].message, field="password", also=faults[1:]
        ) from error

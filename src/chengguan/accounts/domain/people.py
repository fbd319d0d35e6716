"""Accounts of people and of other platforms: made and switched off by the system administrator."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction
from django.utils import timezone

from chengguan.accounts.domain.loading import REVISION
from chengguan.accounts.domain.passwords import check_password_rules
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.rights import require
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation, User
from chengguan.audit.domain.record import record
from chengguan.core.errors import Conflict, Invalid
from chengguan.store import revisions

_USERNAME = re.compile(r"[\w.@-]{2,40}")
_MANAGE = Capability.MANAGE_SYSTEM


@transaction.atomic
def create_user(
    *,
    username: str,
    name: str,
    organisation: Organisation,
    principal: Principal,
    password: str | None = None,
    phone: str = "",
    email: str = "",
    is_system: bool = False,
    single_session: bool = False,
    made_up: bool = False,
    must_change_password: bool = True,
) -> User:
    """Make an account without any post; without `password` nobody can sign in with it yet.

    Raises:
        NotAllowed: no system administrator of the organisation's subtree.
        Invalid: the user name, the name or the password breaks a rule.
        Conflict: the user name is taken.
    """
    require(principal, _MANAGE, organisation.path)
    username, name = username.strip(), name.strip()
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            "accounts.username",
            "账号应为 2 至 40 个字母、数字、汉字或 . @ - _ 字符。",
            field="username",
        )
    if not name or len(name) > 40:
        raise Invalid("accounts.name", "姓名应为 1 至 40 字。", field="name")
    user = User(
        username=username,
        name=name,
        organisation=organisation,
        phone=phone,
        email=email,
        is_system=is_system,
        single_session=single_session,
        made_up=made_up,
        must_change_password=bool(password) and must_change_password,
        password_changed_at=timezone.now() if password else None,
    )
    if password:
        check_password_rules(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "accounts.username_taken",
            f"账号“{username}”已存在。",
            field="username",
            mend="请换一个账号。",
        ) from error
    _note("accounts.user_created", user, principal, organisation=organisation.code)
    return user


@transaction.atomic
def switch_off(user: User, *, principal: Principal) -> None:
    """Take an account out of use: its sessions and tokens end at once."""
    _switch(user, principal, active=False)


@transaction.atomic
def switch_on(user: User, *, principal: Principal) -> None:
    """Take an account into use again."""
    _switch(user, principal, active=True)


def _switch(user: User, principal: Principal, *, active: bool) -> None:
    require(principal, _MANAGE, user.organisation.path)
    if user.pk == principal.user_id:
        raise Conflict(
            "accounts.own_account", "不能停用自己的账号。", mend="请由另一位系统管理员办理。"
        )
    user.is_active = active
    User.objects.filter(pk=user.pk).update(is_active=active)
    _note("accounts.user_on" if active else "accounts.user_off", user, principal)


def _note(action: str, user: User, principal: Principal, **detail: str) -> None:
    record(
        action,
        actor=principal.actor(_MANAGE),
        subject_type="accounts.user",
        subject_id=user.username,
        detail={"username": user.username, **detail},
    )
    revisions.bump(REVISION)

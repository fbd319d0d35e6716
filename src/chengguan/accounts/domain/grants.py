"""Posts given and taken back by the security administrator, and accounts locked and unlocked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.loading import REVISION
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.rights import require
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Organisation, Post, User
from chengguan.audit.domain.record import record
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.store import revisions

_MANAGE = Capability.MANAGE_SECURITY
_SEPARATE = "accounts_grant_separate"


@transaction.atomic
def grant_post(
    user: User,
    post: Post,
    *,
    principal: Principal,
    organisation: Organisation | None = None,
    area_code: str = "",
    matters: Sequence[str] = (),
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Grant:
    """Give a person a post over an organisation (the person's own), an area and matters.

    Valid from today and without end unless said; both days belong to it.

    Raises:
        NotAllowed: no security administrator of both the person's and the scope's subtree, an
            area beyond the administrator's own, or one's own account.
        Conflict: the person holds a post at the time that excludes this one (三权分立), or it is
            a system account's and one of the three administrators' posts.
        Invalid: the last day is before the first.
    """
    place = organisation or user.organisation
    require(principal, _MANAGE, user.organisation.path)
    require(principal, _MANAGE, place.path)
    _not_oneself(user, principal)
    if not post.by_unit:
        _require_area(principal, place, area_code or place.area_code)
    _not_a_system_account(user, post)
    first = valid_from or timezone.localdate()
    if valid_to is not None and valid_to < first:
        raise Invalid(
            "accounts.grant_dates", "止日不能早于起日。", field="valid_to", mend="请改正日期。"
        )
    grant = Grant(
        user=user,
        post=post,
        organisation=place,
        area_code=area_code,
        matters=list(matters),
        valid_from=first,
        valid_to=valid_to,
        granted_by=principal.name,
    )
    _insert(grant)
    _note(
        "accounts.post_granted",
        user,
        principal,
        post=post.code,
        organisation=place.code,
        area=area_code,
        matters=" ".join(matters),
        to=valid_to.isoformat() if valid_to else "",
    )
    return grant


@transaction.atomic
def revoke_post(grant: Grant, *, principal: Principal) -> None:
    """Take a post back: it ends yesterday, so that what it was stays readable.

    A grant that has not begun, or began today, is removed.
    """
    require(principal, _MANAGE, grant.user.organisation.path)
    require(principal, _MANAGE, grant.organisation.path)
    _not_oneself(grant.user, principal)
    yesterday = timezone.localdate() - timedelta(days=1)
    if grant.valid_from > yesterday:
        Grant.objects.filter(pk=grant.pk).delete()
    elif grant.valid_to is None or grant.valid_to > yesterday:
        Grant.objects.filter(pk=grant.pk).update(valid_to=yesterday)
        grant.valid_to = yesterday
    _note("accounts.post_revoked", grant.user, principal, post=grant.post.code)


@transaction.atomic
def lock(user: User, *, principal: Principal, reason: str = "") -> None:
    """Lock an account: its sessions and tokens end at once, until a security administrator unlocks."""
    require(principal, _MANAGE, user.organisation.path)
    _not_oneself(user, principal)
    user.locked = True
    User.objects.filter(pk=user.pk).update(locked=True)
    _note("accounts.locked", user, principal, reason=reason)


@transaction.atomic
def unlock(user: User, *, principal: Principal) -> None:
    """Unlock an account, also one locked by failed sign-ins."""
    require(principal, _MANAGE, user.organisation.path)
    _not_oneself(user, principal)
    user.locked, user.locked_until, user.failed_logins = False, None, 0
    User.objects.filter(pk=user.pk).update(locked=False, locked_until=None, failed_logins=0)
    _note("accounts.unlocked", user, principal)


def holds_separate_post(user: User, on: date | None = None) -> bool:
    """Say whether the person is, or is to be, one of the three administrators."""
    day = on or timezone.localdate()
    living = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    return user.grants.filter(living).exclude(post__separate="").exists()


def _insert(grant: Grant) -> None:
    try:
        # The rule itself is a trigger of the database, so that no other writer escapes it.
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as error:
        if _SEPARATE not in _constraint(error):
            raise
        raise Conflict(
            "accounts.separate",
            f"三权分立：{grant.user.name}在此期间已任与“{grant.post.name}”互斥的岗位。",
            mend="请先收回原岗位，或授予另一人。",
        ) from error


def _require_area(principal: Principal, place: Organisation, area_code: str) -> None:
    if principal.is_system or any(
        place.path.startswith(held.organisation_path) and area_code.startswith(held.area_code)
        for held in principal.holding(_MANAGE)
    ):
        return
    raise NotAllowed(
        "accounts.grant_area",
        "授予的区划范围超出了您自己的范围。"
        if area_code
        else "须写明区划范围：该机构没有所属区划。",
        mend="请填写本范围内的区划代码，或由上级安全管理员办理。",
        field="area_code",
    )


def _not_a_system_account(user: User, post: Post) -> None:
    if user.is_system and post.separate:
        raise Conflict(
            "accounts.separate_system",
            f"三权分立：系统账号不能任“{post.name}”，其令牌由安全管理员签发。",
            mend="请授予本人登录的账号。",
        )


def _not_oneself(user: User, principal: Principal) -> None:
    if user.pk == principal.user_id:
        raise NotAllowed(
            "accounts.own_grant",
            "不能给自己授权、收权、锁定或解锁。",
            mend="请由另一位安全管理员办理。",
        )


def _constraint(error: IntegrityError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", "") or "")


def _note(action: str, user: User, principal: Principal, **detail: str) -> None:
    record(
        action,
        actor=principal.actor(_MANAGE),
        subject_type="accounts.user",
        subject_id=user.username,
        detail={"username": user.username, **{k: v for k, v in detail.items() if v}},
    )
    revisions.bump(REVISION)

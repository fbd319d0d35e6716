"""Single duties by hand: put somebody on duty, or say how it really was; nothing is overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, User
from chengguan.command.models.roster import Assignment, Period, Source

from ..errors import overlaps, wrong, wrong_state
from .keeping import BY_HAND, end, note, require, require_people
from .rules import overlapping
from .spans import LONGEST


@transaction.atomic
def assign(
    principal: Principal,
    *,
    user: User,
    organisation: Organisation,
    post: str,
    area_code: str,
    starts_at: datetime,
    ends_at: datetime,
    shift_name: str,
    shift_code: str = "",
    period: str = Period.DAY,
    rest_minutes: int = 0,
    source: str = Source.HAND,
    double: bool = False,
    **origin: Any,
) -> Assignment:
    """Put a person on duty, `starts_at <= t < ends_at`; also for the past, as a correction.

    Raises:
        NotAllowed: another keeps that unit's roster, or that person's.
        Invalid: the end isn't after the start, or more than 24 hours after.
        Conflict: the person is on duty then already, unless `double` says that it is meant.
    """
    require(principal, organisation, area_code)
    require_people(principal, (user.pk,))
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise wrong("ends_at", "结束应晚于开始，一班不超过 24 小时。", "请改正起止时间。")
    # One writer at a time for one person, or two could both find him free.
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not double and overlapping({user.pk}, starts_at, ends_at):
        raise overlaps(user.name, f"{starts_at:%m月%d日}")
    made = Assignment.objects.create(
        user=user,
        organisation=organisation,
        post=post,
        area_code=area_code,
        shift_code=shift_code,
        shift_name=shift_name[:20],
        period=period,
        starts_at=starts_at,
        ends_at=ends_at,
        rest_minutes=rest_minutes,
        source=source,
        made_by=principal.name[:40],
        **origin,
    )
    note(
        "assigned",
        principal,
        "assignment",
        made.pk,
        user=user.username,
        post=post,
        area=area_code,
        starts=starts_at.isoformat(),
        ends=ends_at.isoformat(),
    )
    return made


@transaction.atomic
def correct(
    principal: Principal, duty: Assignment, *, why: str, replaced_by: User | None = None
) -> Assignment | None:
    """Say that a duty was or will be done by another, or by nobody; the plan stays readable.

    Raises:
        NotAllowed: another keeps that unit's roster.
        Invalid: no reason is given.
        Conflict: the duty was changed meanwhile, or the other is on duty then.
    """
    require(principal, duty.organisation, duty.area_code)
    if not why.strip():
        raise wrong("why", "请写明更正的原因。", "例如“临时抽调，由李四顶班”。")
    if not end([duty.pk], principal, f"{BY_HAND}：{why.strip()}"):
        raise wrong_state("对应的班次已被改动")
    note("corrected", principal, "assignment", duty.pk, why=why.strip()[:200])
    if replaced_by is None:
        return None
    return assign_anew(principal, duty, replaced_by)


def assign_anew(principal: Principal, duty: Assignment, user: User, **columns: Any) -> Assignment:
    """Give somebody else the very duty that another had; `columns` say where it is from."""
    return assign(
        principal,
        user=user,
        organisation=duty.organisation,
        post=duty.post,
        area_code=duty.area_code,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        shift_name=duty.shift_name,
        shift_code=duty.shift_code,
        period=duty.period,
        rest_minutes=duty.rest_minutes,
        rule=duty.rule,
        **columns,
    )

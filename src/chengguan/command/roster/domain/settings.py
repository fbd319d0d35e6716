"""What a roster is made of beside rules: the hours of shifts, and how many people are needed."""

from __future__ import annotations

from datetime import date, time

from django.db import IntegrityError, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation
from chengguan.command.models.roster import Requirement, ShiftKind

from ..errors import wrong
from .keeping import note, require


@transaction.atomic
def save_shift(
    principal: Principal,
    *,
    organisation: Organisation,
    code: str,
    name: str,
    period: str,
    start: time,
    end: time,
    rest_minutes: int,
    valid_from: date,
) -> ShiftKind:
    """Set a shift's hours from a date on; duties already made keep theirs until a rule is applied.

    Raises:
        NotAllowed: another keeps that unit's roster.
        Invalid: "休" as a code, hours for that date already, or a date that is past.
    """
    require(principal, organisation)
    if code == "休" or not code.strip() or " " in code:
        raise wrong("code", "代码不能为空、含空格或写作“休”。", "请用一两个字，如“早”。")
    if valid_from < timezone.localdate() and ShiftKind.objects.filter(
        organisation=organisation, code=code
    ):
        raise wrong("valid_from", "已有班次的时间不能从过去改起。", "请选今天或以后的日期。")
    try:
        with transaction.atomic():
            made = ShiftKind.objects.create(
                organisation=organisation,
                code=code,
                name=name,
                period=period,
                start=start,
                end=end,
                rest_minutes=rest_minutes,
                valid_from=valid_from,
            )
    except IntegrityError as error:
        raise wrong("valid_from", f"班次“{code}”在这一天已有一版。", "请另选起始日期。") from error
    note("shift", principal, "shiftkind", made.pk, code=code, hours=str(made))
    return made


@transaction.atomic
def save_need(
    principal: Principal,
    *,
    organisation: Organisation,
    post: str,
    area_code: str,
    days: str,
    start: time,
    end: time,
    people: int,
    valid_from: date,
) -> Requirement:
    """Say how many of a post an area needs between two local hours, from a date on.

    Raises:
        NotAllowed: another keeps that unit's roster there.
    """
    require(principal, organisation, area_code)
    made = Requirement.objects.create(
        organisation=organisation,
        post=post,
        area_code=area_code,
        days=days,
        start=start,
        end=end,
        people=people,
        valid_from=valid_from,
    )
    note("need", principal, "requirement", made.pk, post=post, area=area_code, people=people)
    return made


@transaction.atomic
def end_need(principal: Principal, need: Requirement) -> None:
    """End a requirement today; days past keep it."""
    require(principal, need.organisation, need.area_code)
    today = timezone.localdate()
    Requirement.objects.filter(pk=need.pk).update(valid_to=max(today, need.valid_from))
    note("need_ended", principal, "requirement", need.pk)

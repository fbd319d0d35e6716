"""Absences and AB pairs (AB 角): while A is away, B is on duty in his place and new cases go to B."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import User
from chengguan.command.models.roster import Absence, AbsenceKind, Pairing

from ..errors import wrong
from .keeping import note, require, require_people

_LONGEST = timedelta(days=400)


@transaction.atomic
def record_absence(
    principal: Principal,
    *,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    kind: str,
    stand_in: User | None = None,
) -> Absence:
    """Note that somebody is away, `starts_at <= t < ends_at`; without `stand_in` the pair's B holds.

    Raises:
        NotAllowed: another keeps the roster of one of them.
        Invalid: the end isn't after the start, an unknown kind, or he stands in for himself.
    """
    require_people(principal, {user.pk, stand_in.pk if stand_in else user.pk})
    if not starts_at < ends_at <= starts_at + _LONGEST:
        raise wrong("ends_at", "结束应晚于开始，最长 400 天。", "请改正起止时间。")
    if kind not in AbsenceKind.values:
        raise wrong("kind", "没有这个类别。", f"可选 {'、'.join(AbsenceKind.labels)}。")
    if stand_in is not None and stand_in.pk == user.pk:
        raise wrong("stand_in", "B 角不能是本人。", "请选另一位同事。")
    made = Absence.objects.create(
        user=user,
        starts_at=starts_at,
        ends_at=ends_at,
        kind=kind,
        stand_in=stand_in,
        made_by=principal.name[:40],
    )
    note(
        "absence",
        principal,
        "absence",
        made.pk,
        user=user.username,
        starts=starts_at.isoformat(),
        ends=ends_at.isoformat(),
        kind=kind,
        stand_in=stand_in.username if stand_in else "",
    )
    return made


@transaction.atomic
def withdraw_absence(principal: Principal, absence: Absence) -> None:
    """Take an absence back; it stays in the table as what was thought until now."""
    require(principal, absence.user.organisation)
    done = Absence.objects.filter(pk=absence.pk, withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now()
    )
    if done:
        note("absence_withdrawn", principal, "absence", absence.pk, user=absence.user.username)


@transaction.atomic
def set_pair(
    principal: Principal,
    *,
    user: User,
    stand_in: User,
    valid_from: date,
    valid_to: date | None = None,
) -> Pairing:
    """Make B the stand-in of A from a date on; an earlier pair still open ends the day before.

    Raises:
        NotAllowed: another keeps the roster of one of them.
        Invalid: A and B are one, or the dates are the wrong way round.
    """
    require_people(principal, {user.pk, stand_in.pk})
    if user.pk == stand_in.pk:
        raise wrong("stand_in", "A 角和 B 角不能是同一人。", "请选另一位同事。")
    if valid_to is not None and valid_to < valid_from:
        raise wrong("valid_to", "止日不能早于起日。", "请改正起止日期。")
    open_pairs = Pairing.objects.filter(user=user, valid_to__isnull=True)
    open_pairs.filter(valid_from__gte=valid_from).delete()
    open_pairs.update(valid_to=valid_from - timedelta(1))
    made = Pairing.objects.create(
        user=user, stand_in=stand_in, valid_from=valid_from, valid_to=valid_to
    )
    note("pair", principal, "pairing", made.pk, a=user.username, b=stand_in.username)
    return made

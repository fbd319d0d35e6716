"""Schedules of plans: who sees them, their lines with the next start, their starts with results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.programmes.enums import OnDayOff, Rhythm
from chengguan.programmes.models import Programme
from chengguan.programmes.queries import with_progress
from chengguan.registry.domain.locate import chain

from ..enums import ScheduleState
from ..models import PlanSchedule, PlanStart, PlanTemplate
from .domain.scheduling import rule_of
from .domain.timetable import Due, ahead

_SHOWN = 100
_WEEK = "一二三四五六日"


def schedules_visible_to(principal: Principal) -> QuerySet[PlanSchedule]:
    """Give the schedules of the area one commands, and those one answers for."""
    reach = scope_q(principal, Capability.ORDER)
    if principal.user_id is not None:
        reach |= Q(on_id=principal.user_id)
    return PlanSchedule.objects.filter(reach)


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One schedule as a list shows it: its plan's name, its days in words, its next start."""

    row: PlanSchedule
    plan: str
    rule: str
    next: Due | None


def schedule_lines(
    principal: Principal, at: datetime, *, plan_code: str = ""
) -> list[ScheduleLine]:
    """Give the last hundred schedules one may see, those that run first: two statements."""
    rows = schedules_visible_to(principal)
    if plan_code:
        rows = rows.filter(plan_code=plan_code)
    found = list(rows.order_by("-pk")[:_SHOWN])
    found.sort(key=lambda one: (one.ended_at is not None, -one.pk))
    plans = PlanTemplate.objects.filter(code__in={one.plan_code for one in found})
    names = dict(plans.order_by("version").values_list("code", "name"))
    return [
        ScheduleLine(one, names.get(one.plan_code, one.plan_code), words(one), _next(one, at))
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class StartLine:
    """One start that fell due; `run` carries `n_done`, `n_items`, `n_late`."""

    row: PlanStart
    run: Any


def start_lines(schedule: PlanSchedule, at: datetime) -> list[StartLine]:
    """Give the last hundred starts, newest first: two statements."""
    rows = list(schedule.starts.order_by("-day")[:_SHOWN])
    runs = _runs((one.run_id for one in rows if one.run_id is not None), at)
    return [StartLine(one, runs.get(one.run_id or 0)) for one in rows]


def words(schedule: PlanSchedule) -> str:
    """Say a schedule's days and hour in a line."""
    return said(schedule.rhythm, schedule.days, f"{schedule.begin:%H:%M}", schedule.on_day_off)


def said(rhythm: str, days: Iterable[int], begin: str, on_day_off: str) -> str:
    """Say days and hour in a line: “每周三、五 19:00，遇非工作日不启动”."""
    if rhythm == Rhythm.FIRST_WORKDAY:
        return f"{Rhythm.FIRST_WORKDAY.label} {begin}"
    if rhythm == Rhythm.WEEKLY:
        named = "每周" + "、".join(_WEEK[day - 1] for day in days)
    else:
        named = "每月 " + "、".join(str(day) for day in days) + " 日"
    return f"{named} {begin}，遇非工作日{OnDayOff(on_day_off).label}"


def area_name(code: str) -> str:
    """Give an area's name, "全市" for all of it."""
    found = chain(code) if code else ()
    return found[-1].name if found else code or "全市"


def _next(schedule: PlanSchedule, at: datetime) -> Due | None:
    if schedule.state != ScheduleState.ON:
        return None
    found = ahead(rule_of(schedule), schedule.begin, at, 1).starts
    return found[0] if found else None


def _runs(ids: Iterable[int], at: datetime) -> dict[int, Any]:
    rows = with_progress(Programme.objects.filter(pk__in=list(ids)), at)
    return {one.pk: one for one in rows}

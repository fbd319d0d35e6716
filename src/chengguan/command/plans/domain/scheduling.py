"""Let a plan start itself: switch it on, pause, resume, end. Whoever switches it on answers for it.

What a press needs, the calendar needs as well: the authority is asked here, and again at each start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation
from chengguan.audit.domain.record import record
from chengguan.core.errors import NotFound
from chengguan.core.worktime import CalendarExhausted
from chengguan.programmes.enums import OnDayOff, Rhythm
from chengguan.programmes.recurrence import Recurrence

from ...enums import ScheduleState, StartOutcome
from ...models import PlanSchedule, PlanStart, PlanTemplate
from .. import errors
from .starting import may_start, require_start
from .template import LEVELS, Task, for_level, of_content
from .timetable import Ahead, ahead, due_between

SUBJECT: Final = "plan.schedule"
#: A start may be caught up with for so many minutes.
SHORTEST: Final = 5
LONGEST: Final = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a schedule says; `window_minutes` is how late a start may still be made."""

    level: str
    rhythm: str
    begin: time
    valid_from: date
    days: tuple[int, ...] = ()
    valid_until: date | None = None
    on_day_off: str = OnDayOff.SKIP
    window_minutes: int = 120
    drill: bool = False
    area_code: str = ""
    place: str = ""
    lead_unit: int | None = None

    @property
    def rule(self) -> Recurrence:
        """The days alone."""
        return Recurrence(
            self.rhythm, self.days, self.valid_from, self.valid_until, self.on_day_off
        )


def rule_of(schedule: PlanSchedule) -> Recurrence:
    """Give the days of a schedule that was kept."""
    return Recurrence(
        schedule.rhythm,
        tuple(schedule.days),
        schedule.valid_from,
        schedule.valid_until,
        schedule.on_day_off,
    )


def newest(code: str) -> PlanTemplate | None:
    """Give a plan's newest version: what a schedule starts."""
    return PlanTemplate.objects.filter(code=code).order_by("-version").first()


def lead_units(plan: PlanTemplate, level: str) -> list[tuple[int, str]]:
    """Give (id, name) of the units that have a task at a level: one of them may lead."""
    tasks: list[Task] = for_level(of_content(plan.content), level)
    codes = [task.code for task in tasks if task.owner == "unit"]
    rows = Organisation.objects.filter(code__in=codes, active=True).values_list("pk", "name")
    return sorted(rows, key=lambda one: one[1])


def check(plan: PlanTemplate, terms: Terms, now: datetime) -> Ahead:
    """Check terms and give the next five starts.

    Raises:
        Invalid: what is wrong about them, or no start at all. Conflict: the plan is retired.
    """
    if plan.retired_at is not None:
        raise errors.retired(plan.name)
    if terms.level not in LEVELS or not for_level(of_content(plan.content), terms.level):
        raise errors.terms_wrong("level", "这个级别没有任务。", "请选择其他级别。")
    most = {Rhythm.WEEKLY: 7, Rhythm.MONTHLY: 31}.get(Rhythm(terms.rhythm), 0)
    if most and not (terms.days and all(1 <= one <= most for one in terms.days)):
        field, said = ("weekdays", "周几") if most == 7 else ("dates", "几号（1 至 31）")
        raise errors.terms_wrong(field, f"请写明{said}启动。", "至少选一天。")
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise errors.terms_wrong("valid_until", "止日早于起日。", "请改为起日以后的日期。")
    if not SHORTEST <= terms.window_minutes <= LONGEST:
        said = f"补启动时限应为 {SHORTEST} 至 {LONGEST} 分钟。"
        raise errors.terms_wrong("window", said, "例如 120。")
    units = dict(lead_units(plan, terms.level))
    if terms.lead_unit is not None and terms.lead_unit not in units:
        raise errors.terms_wrong("lead", "牵头单位在这个级别没有任务。", "请另选，或先改预案。")
    found = ahead(terms.rule, terms.begin, now)
    if not found.starts:
        said = found.said or "按这样设定，一年内没有一次启动。"
        raise errors.terms_wrong("valid_from", said, "请核对周期、起止日期和遇非工作日的办法。")
    return found


@transaction.atomic
def switch_on(
    principal: Principal, plan_id: int, terms: Terms, *, at: datetime | None = None
) -> PlanSchedule:
    """Keep a schedule and let it start its plan from now on.

    Raises:
        NotAllowed: who may not start the plan there by a press. Invalid, Conflict: as `check`.
    """
    now = at or timezone.now()
    plan = PlanTemplate.objects.filter(pk=plan_id).first()
    if plan is None:
        raise errors.no_plan()
    where = terms.area_code or plan.area_code
    require_start(principal, plan, where, drill=terms.drill)
    check(plan, terms, now)
    made = PlanSchedule.objects.create(
        plan_code=plan.code,
        area_code=where,
        level=terms.level,
        drill=terms.drill,
        place=terms.place.strip()[:120],
        lead_unit=terms.lead_unit,
        rhythm=terms.rhythm,
        days=sorted(set(terms.days)),
        begin=terms.begin,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        on_day_off=terms.on_day_off,
        window_minutes=terms.window_minutes,
        looked_until=now,
        on_id=principal.user_id,
        on_by=principal.name,
        on_at=now,
    )
    note("plan.schedule.on", principal, made, now)
    return made


@transaction.atomic
def pause(
    principal: Principal, schedule_id: int, reason: str, *, at: datetime | None = None
) -> PlanSchedule:
    """Stop starting until it is resumed; raises NotAllowed, Conflict, Invalid without a reason."""
    now = at or timezone.now()
    schedule = _own(principal, schedule_id, ScheduleState.ON)
    _list_unless_unknown(schedule, StartOutcome.MISSED, "暂停时系统尚未启动", now)
    schedule.paused_at, schedule.paused_by, schedule.paused_id = (
        now,
        principal.name,
        principal.user_id,
    )
    schedule.paused_reason = _reason(reason)
    schedule.save(update_fields=["paused_at", "paused_by", "paused_id", "paused_reason"])
    note("plan.schedule.pause", principal, schedule, now, reason=schedule.paused_reason)
    return schedule


@transaction.atomic
def resume(principal: Principal, schedule_id: int, *, at: datetime | None = None) -> PlanSchedule:
    """Go on from now; what fell due meanwhile is listed and not made. Whoever resumes answers now.

    Raises:
        NotAllowed: who may not start it by a press. Conflict: it runs, or has ended.
        CalendarExhausted: the calendar does not reach today.
    """
    now = at or timezone.now()
    schedule = _own(principal, schedule_id, ScheduleState.PAUSED, ScheduleState.STOPPED)
    list_due(schedule, StartOutcome.PAUSED, f"当时已停用：{schedule.paused_reason}", now)
    schedule.paused_at, schedule.paused_by, schedule.paused_id = None, "", None
    schedule.paused_reason = ""
    schedule.on_id, schedule.on_by, schedule.on_at = principal.user_id, principal.name, now
    schedule.save()
    note("plan.schedule.resume", principal, schedule, now)
    return schedule


@transaction.atomic
def end(
    principal: Principal, schedule_id: int, reason: str, *, at: datetime | None = None
) -> PlanSchedule:
    """End a schedule for good; runs that it began go on. Raises as `pause`."""
    now = at or timezone.now()
    states = set(ScheduleState) - {ScheduleState.ENDED}
    schedule = _own(principal, schedule_id, *states)
    if schedule.paused_at is None:
        _list_unless_unknown(schedule, StartOutcome.MISSED, "终止时系统尚未启动", now)
    else:
        said = f"当时已停用：{schedule.paused_reason}"
        _list_unless_unknown(schedule, StartOutcome.PAUSED, said, now)
    schedule.ended_at, schedule.ended_by = now, principal.name
    schedule.ended_reason = _reason(reason)[:200]
    schedule.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    note("plan.schedule.end", principal, schedule, now, reason=schedule.ended_reason)
    return schedule


def list_due(schedule: PlanSchedule, outcome: StartOutcome, reason: str, now: datetime) -> int:
    """Write a row for each start that fell due and was not made; the caller holds the lock."""
    due = due_between(rule_of(schedule), schedule.begin, schedule.looked_until, now)
    PlanStart.objects.bulk_create(
        PlanStart(
            schedule=schedule,
            day=one.day,
            due_at=one.at,
            outcome=outcome,
            reason=reason[:300],
            settled_at=now,
        )
        for one in due
    )
    schedule.looked_until = now
    schedule.save(update_fields=["looked_until"])
    return len(due)


def may_keep(principal: Principal, schedule: PlanSchedule) -> bool:
    """Say whether one may pause, resume and end a schedule: who could start its plan by a press."""
    plan = newest(schedule.plan_code)
    return plan is not None and may_start(principal, plan, schedule.area_code, drill=schedule.drill)


def note(
    action: str, principal: Principal, schedule: PlanSchedule, at: datetime, **detail: object
) -> None:
    """Write an act on a schedule into the audit."""
    record(
        action,
        actor=principal.actor(None if principal.is_system else Capability.ORDER),
        subject_type=SUBJECT,
        subject_id=schedule.pk,
        detail={"plan": schedule.plan_code, "area": schedule.area_code, **detail},
        at=at,
    )


def _own(principal: Principal, schedule_id: int, *states: ScheduleState) -> PlanSchedule:
    schedule = PlanSchedule.objects.select_for_update().filter(pk=schedule_id).first()
    if schedule is None:
        raise errors.no_schedule()
    if not may_keep(principal, schedule):
        raise errors.may_not("变更这项定期启动", "有权启动该预案的值班指挥长或领导")
    if schedule.state not in states:
        raise errors.schedule_is(schedule.state.label)
    return schedule


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > 200:
        raise errors.terms_wrong(
            "reason", "请写明原因，不超过 200 字。", "例如：节前集中整治后停一个月。"
        )
    return reason


def _list_unless_unknown(
    schedule: PlanSchedule, outcome: StartOutcome, reason: str, now: datetime
) -> None:
    # A calendar that has run out must not keep anybody from pausing.
    try:
        list_due(schedule, outcome, reason, now)
    except (CalendarExhausted, NotFound):
        return

"""Each minute: start what has fallen due, each start once, and close the runs in which all is done.

A start is a row of its schedule and day, written in the transaction that starts the run: two workers
are kept apart by the schedule's lock and by the row's uniqueness, and a worker that dies leaves
neither. After a downtime the latest start alone is made, and only within the schedule's window; the
others are listed as missed, with the reason, and the keeper is told.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import DomainError, NotFound
from chengguan.core.worktime import CalendarExhausted
from chengguan.notify.domain import tell
from chengguan.programmes.domain import close
from chengguan.programmes.models import Item, Programme

from ...enums import StartOutcome
from ...models import PlanSchedule, PlanStart
from ...orders.domain.reach import leaders_over
from .. import errors
from .scheduling import newest, note, rule_of
from .starting import start_plan
from .timetable import Due, due_between

log = logging.getLogger(__name__)

TOPIC: Final = "command.plan"
_MACHINE: Final = Principal.system("定期启动")
#: The mark is moved on though nothing was due, so that a calendar changed later leaves the past alone.
_STALE: Final = timedelta(hours=1)
_MOST_TOLD: Final = 20
_ACTIVE: Final = {"paused_at": None, "ended_at": None}


def start_due(at: datetime | None = None) -> int:
    """Make or list every start due by now; give how many runs were started.

    One schedule's fault does not keep the others back; the first fault is raised at the end.
    """
    now = at or timezone.now()
    started, fault = 0, None
    for schedule in PlanSchedule.objects.filter(**_ACTIVE, looked_until__lt=now).order_by("pk"):
        try:
            if _is_asked(schedule, now):
                started += settle(schedule.pk, now)
        except Exception as error:
            log.exception("schedule %s", schedule.pk)
            fault = fault or error
    close_finished(now)
    if fault is not None:
        raise fault
    return started


@transaction.atomic
def settle(schedule_id: int, now: datetime) -> int:
    """Make or list the starts of one schedule that are due; 0 where another worker is at it."""
    schedule = (
        PlanSchedule.objects.select_for_update(skip_locked=True)
        .filter(**_ACTIVE, pk=schedule_id, looked_until__lt=now)
        .first()
    )
    if schedule is None:
        return 0
    try:
        due = due_between(rule_of(schedule), schedule.begin, schedule.looked_until, now)
    except (CalendarExhausted, NotFound) as error:
        stop(schedule, f"无法判断工作日：{error.message}", now)
        return 0
    schedule.looked_until = now
    schedule.save(update_fields=["looked_until"])
    started = _work_off(schedule, due, now) if due else 0
    if schedule.paused_at is None and _is_over(schedule, now):
        schedule.ended_at, schedule.ended_by, schedule.ended_reason = now, _MACHINE.name, "期满"
        schedule.save(update_fields=["ended_at", "ended_by", "ended_reason"])
        note("plan.schedule.end", _MACHINE, schedule, now, reason="期满")
    return started


def stop(schedule: PlanSchedule, reason: str, now: datetime) -> None:
    """Stop a schedule that can't go on; its keeper, and who commands there, are told why."""
    schedule.paused_at, schedule.paused_by, schedule.paused_id = now, _MACHINE.name, None
    schedule.paused_reason = reason[:300]
    schedule.save(update_fields=["paused_at", "paused_by", "paused_id", "paused_reason"])
    note("plan.schedule.stop", _MACHINE, schedule, now, reason=reason)
    people = dict.fromkeys([*_keeper(schedule), *leaders_over(schedule.area_code)])
    _tell(schedule, list(people)[:_MOST_TOLD], "定期启动已自动停止", reason)


def close_finished(now: datetime) -> int:
    """Close the runs of schedules in which every task is over: nobody presses the end of a routine."""
    open_items = Item.objects.filter(programme_id=OuterRef("run_id"), over_at=None)
    rows = PlanStart.objects.filter(~Exists(open_items), run__closed_at=None, run__isnull=False)
    closed = 0
    for run_id in list(rows.values_list("run_id", flat=True)):
        with transaction.atomic():
            run = Programme.objects.select_for_update().filter(pk=run_id, closed_at=None).first()
            # A task may have been reopened meanwhile.
            if run is None or run.items.filter(over_at=None).exists():
                continue
            close(_MACHINE, run.pk, "各项任务均已办结，自动结束。", now)
            closed += 1
    return closed


def _is_asked(schedule: PlanSchedule, now: datetime) -> bool:
    if now - schedule.looked_until > _STALE or _is_over(schedule, now):
        return True
    try:
        return bool(due_between(rule_of(schedule), schedule.begin, schedule.looked_until, now))
    except (CalendarExhausted, NotFound):
        return True


def _is_over(schedule: PlanSchedule, now: datetime) -> bool:
    return schedule.valid_until is not None and timezone.localdate(now) > schedule.valid_until


def _work_off(schedule: PlanSchedule, due: list[Due], now: datetime) -> int:
    *earlier, last = due
    window = timedelta(minutes=schedule.window_minutes)
    in_time = now - last.at <= window
    missed = earlier if in_time else due
    for one in missed:
        late = _lateness(now - one.at)
        replaced = one is not last and now - one.at <= window
        why = (
            "已由其后一次启动代替" if replaced else f"超过补启动时限 {schedule.window_minutes} 分钟"
        )
        _row(schedule, one, StartOutcome.MISSED, now, reason=f"系统 {late}后才恢复，{why}")
    if missed:
        days = "、".join(f"{one.at:%m-%d}" for one in missed[-5:])
        said = f"{days} 应启动的 {len(missed)} 次没有启动，原因见启动记录。"
        _tell(schedule, _keeper(schedule), "定期启动有错过", said)
    return _begin(schedule, last, now) if in_time else 0


def _begin(schedule: PlanSchedule, due: Due, now: datetime) -> int:
    loaded = loading.by_id(schedule.on_id, fresh=True) if schedule.on_id else None
    keeper = loaded.principal if loaded else Principal.nobody()
    plan = newest(schedule.plan_code)
    try:
        if plan is None:
            raise errors.no_plan()
        if plan.made_at > schedule.on_at:
            # Its orders would go out in the name of somebody who has not seen them.
            raise errors.rewritten(plan.made_by, plan.made_at)
        run = start_plan(
            keeper,
            plan.pk,
            level=schedule.level,
            drill=schedule.drill,
            area_code=schedule.area_code,
            place=schedule.place,
            details={"schedule": schedule.pk, "lead": schedule.lead_unit},
            at=now,
        )
    except DomainError as error:
        reason = f"启用人 {schedule.on_by}：{error.message}" if plan else error.message
        _row(schedule, due, StartOutcome.REFUSED, now, reason=reason)
        stop(schedule, reason, now)
        return 0
    gaps = run.items.exclude(gap="").count()
    _row(schedule, due, StartOutcome.STARTED, now, run=run, gaps=gaps)
    note("plan.schedule.start", _MACHINE, schedule, now, run=run.pk, gaps=gaps)
    if gaps:
        url = reverse("command:plans-run", args=[run.pk])
        _tell(
            schedule,
            _keeper(schedule),
            f"定期启动有 {gaps} 项空缺",
            f"{run.title}，请指定责任方。",
            url,
        )
    return 1


def _row(
    schedule: PlanSchedule,
    due: Due,
    outcome: StartOutcome,
    now: datetime,
    *,
    reason: str = "",
    run: Programme | None = None,
    gaps: int = 0,
) -> None:
    PlanStart.objects.create(
        schedule=schedule,
        day=due.day,
        due_at=due.at,
        outcome=outcome,
        run=run,
        gaps=gaps,
        reason=reason[:300],
        settled_at=now,
    )


def _lateness(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"


def _keeper(schedule: PlanSchedule) -> list[int]:
    return [schedule.on_id] if schedule.on_id else []


def _tell(schedule: PlanSchedule, people: list[int], title: str, body: str, url: str = "") -> None:
    if not people:
        return
    plan = newest(schedule.plan_code)
    name = plan.name if plan else schedule.plan_code
    there = url or reverse("command:plans-schedule", args=[schedule.pk])
    payload = {"title": f"{title}：{name}"[:120], "body": body[:200], "url": there}
    tell(TOPIC, subject_id=schedule.pk, user_ids=people, payload=payload)

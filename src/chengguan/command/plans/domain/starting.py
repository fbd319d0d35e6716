"""Start a plan by one press: tasks with owners found now, orders going out, one board for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.programmes.domain import NewItem, NewProgramme, start
from chengguan.programmes.enums import ProgrammeKind
from chengguan.programmes.models import Programme

from ...models import PlanTemplate
from ...orders.domain.reach import commands
from .. import errors
from .keeping import may_write
from .owners import Owner, find_owners
from .template import LEVELS, Task, for_level, of_content

SOURCE: Final = "command.plan"


def preview(
    principal: Principal, plan: PlanTemplate, level: str, area_code: str, at: datetime
) -> list[tuple[Task, Owner | None]]:
    """Give what a start would make now: each task with its owner, or the gap; writes nothing."""
    tasks = for_level(of_content(plan.content), level)
    owners = find_owners(principal, tasks, area_code, at)
    return [(task, owners.get(task.key)) for task in tasks]


def start_plan(
    principal: Principal,
    plan_id: int,
    *,
    level: str,
    drill: bool,
    area_code: str = "",
    place: str = "",
    point: tuple[float, float] | None = None,
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Programme:
    """Start a plan at a level (I–IV); its version is frozen, orders go out with the first tasks.

    A drill needs 指挥调度 over the area, a real start 领导审批 as well. A task without owner is a
    gap on the board, and the others go on. `details` are kept with the run; "lead" among them is
    the id of the unit that leads a joint run.

    Raises:
        NotAllowed: not here, or not in earnest. Conflict: the plan is retired. Invalid: no such level.
    """
    now = at or timezone.now()
    plan = PlanTemplate.objects.filter(pk=plan_id).first()
    if plan is None:
        raise errors.no_plan()
    where = area_code or plan.area_code
    require_start(principal, plan, where, drill=drill)
    if level not in LEVELS:
        raise errors.file_wrong(f"没有级别“{level}”。", "请选择 I、II、III 或 IV 级。")
    if plan.retired_at is not None:
        raise errors.retired(plan.name)
    found = preview(principal, plan, level, where, now)
    if not found:
        raise errors.file_wrong(f"预案在 {level} 级没有任务。", "请选择其他级别。")
    new = NewProgramme(
        kind=ProgrammeKind.PLAN,
        title=f"{plan.name}（{level} 级）",
        text=plan.basis,
        drill=drill,
        level=level,
        place=place.strip()[:120],
        point=point,
        area_code=where,
        source=SOURCE,
        source_ref=str(plan.pk),
        details={"code": plan.code, "version": plan.version, **(details or {})},
    )
    with transaction.atomic():
        PlanTemplate.objects.filter(pk=plan.pk, frozen_at=None).update(frozen_at=now)
        return start(principal, new, _items(found), now)


def _items(found: Sequence[tuple[Task, Owner | None]]) -> list[NewItem]:
    return [
        NewItem(
            key=task.key,
            title=task.title,
            parent=task.parent,
            requires=task.requires,
            text=task.say,
            owner_id=owner.user_id if owner else None,
            unit_id=owner.unit_id if owner else None,
            owner_name=owner.name if owner else "",
            wanted=owner.wanted if owner else "",
            gap=owner.gap if owner else "",
            minutes=task.minutes,
            checklist=task.checklist,
        )
        for task, owner in found
    ]


def may_start(principal: Principal, plan: PlanTemplate, area_code: str, *, drill: bool) -> bool:
    """Say whether one may start a plan in an area: by a press, or by the calendar."""
    if not area_code.startswith(plan.area_code) or not commands(principal, area_code):
        return False
    return drill or may_write(principal, area_code)


def require_start(principal: Principal, plan: PlanTemplate, area_code: str, *, drill: bool) -> None:
    """Let only who may start pass; a refusal is noted in the audit.

    Raises:
        NotAllowed: not here, or not in earnest.
    """
    if may_start(principal, plan, area_code, drill=drill):
        return
    record(
        "plan.start",
        actor=principal.actor(),
        subject_type="plan",
        subject_id=plan.pk,
        result=Result.REFUSED,
        detail={"area": area_code, "drill": drill},
    )
    if area_code.startswith(plan.area_code) and commands(principal, area_code):
        raise errors.may_not("真实启动预案，只能启动演练", "值班指挥长或领导")
    raise errors.may_not("在这个区域启动预案", "该区域的值班指挥长")

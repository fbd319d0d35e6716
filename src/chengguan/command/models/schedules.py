"""Plans that start themselves (定期启动), and what became of each start that fell due."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.programmes.enums import OnDayOff, Rhythm
from chengguan.programmes.models import Programme
from chengguan.store.fields import CodeField

from ..enums import ScheduleState, StartOutcome


class PlanSchedule(models.Model):
    """A plan's days. Its terms are never edited: another rhythm is another schedule.

    `looked_until` is the instant up to which every start has its row; `on_id` is who answers for
    what starts, whose authority is asked at each start.
    """

    plan_code = CodeField("预案代码", max_length=40)
    area_code = CodeField("区划", max_length=15, blank=True)
    level = models.CharField("级别", max_length=4)
    drill = models.BooleanField("演练", default=False)
    place = models.CharField("地点", max_length=120, blank=True)
    lead_unit = models.BigIntegerField("牵头单位", null=True)
    rhythm = CodeField("周期", max_length=8, choices=Rhythm)
    days = ArrayField(models.PositiveSmallIntegerField(), verbose_name="日", default=list)
    begin = models.TimeField("开始时间")
    valid_from = models.DateField("起")
    valid_until = models.DateField("止", null=True)
    on_day_off = CodeField("遇非工作日", max_length=8, choices=OnDayOff, default=OnDayOff.SKIP)
    window_minutes = models.PositiveSmallIntegerField("补启动时限（分钟）", default=120)
    looked_until = models.DateTimeField("已核对至")
    on_id = models.BigIntegerField("启用人编号", null=True)
    on_by = models.CharField("启用人", max_length=40)
    on_at = models.DateTimeField("启用时间")
    paused_at = models.DateTimeField("暂停时间", null=True)
    paused_by = models.CharField("暂停人", max_length=40, blank=True)
    paused_id = models.BigIntegerField("暂停人编号", null=True)
    paused_reason = models.CharField("暂停原因", max_length=300, blank=True)
    ended_at = models.DateTimeField("终止时间", null=True)
    ended_by = models.CharField("终止人", max_length=40, blank=True)
    ended_reason = models.CharField("终止原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "定期启动"
        indexes = [
            models.Index(fields=["plan_code"], name="command_schedule_plan"),
            models.Index(
                fields=["id"],
                name="command_schedule_active",
                condition=models.Q(paused_at=None, ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_code} {self.get_rhythm_display()}"

    @property
    def state(self) -> ScheduleState:
        """Where it stands: what the machine stopped is told apart from what a person paused."""
        if self.ended_at is not None:
            return ScheduleState.ENDED
        if self.paused_at is not None:
            return ScheduleState.STOPPED if self.paused_id is None else ScheduleState.PAUSED
        return ScheduleState.ON


class PlanStart(models.Model):
    """One start that fell due: its run, or the reason why there is none. One a schedule and day."""

    schedule = models.ForeignKey(PlanSchedule, models.PROTECT, related_name="starts")
    day = models.DateField("日期")
    due_at = models.DateTimeField("应启动时间")
    outcome = CodeField("结果", max_length=8, choices=StartOutcome)
    run = models.ForeignKey(Programme, models.PROTECT, null=True, related_name="+")
    gaps = models.PositiveSmallIntegerField("空缺", default=0)
    reason = models.CharField("原因", max_length=300, blank=True)
    settled_at = models.DateTimeField("处理时间")

    class Meta:
        verbose_name = verbose_name_plural = "定期启动记录"
        constraints = [
            models.UniqueConstraint(fields=["schedule", "day"], name="command_plan_start_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.get_outcome_display()}"

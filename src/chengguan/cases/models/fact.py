"""Facts: 0/1 and durations for each finished stage; every indicator is a sum over these."""

from __future__ import annotations

from django.db import models

from chengguan.store.fields import CodeField


class Fact(models.Model):
    """One finished clock of one case: who held it, how long, in time or not.

    Seconds are seconds of the clock's own calendar (`used`, `limit`) or of wall time
    (`wall`, `paused`).
    """

    id = models.BigIntegerField(primary_key=True)
    case_id = models.BigIntegerField("案件")
    clock = CodeField("计时", max_length=16)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    event_id = models.BigIntegerField("结束事件")
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束")
    due_at = models.DateTimeField("到期", null=True)
    limit = models.BigIntegerField("时限秒", null=True)
    used = models.BigIntegerField("已用秒")
    wall = models.BigIntegerField("历时秒")
    paused = models.BigIntegerField("暂停秒")
    on_time = models.SmallIntegerField("按期", default=0)
    overdue = models.SmallIntegerField("超期", default=0)
    exempt = models.SmallIntegerField("免计", default=0)
    actor_id = models.BigIntegerField("办理人", null=True)
    post = CodeField("岗位", max_length=40, blank=True)
    unit_id = models.BigIntegerField("单位", null=True)
    unit_path = CodeField("单位路径", max_length=200, blank=True)
    area_code = CodeField("区域", max_length=15, blank=True)
    kind = models.CharField("类别", max_length=10, blank=True)
    matter_code = CodeField("事项", max_length=8, blank=True)
    source = models.CharField("来源", max_length=12, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "环节事实"
        constraints = [
            models.UniqueConstraint(fields=["case_id", "clock", "round"], name="cases_fact_once")
        ]
        indexes = [
            models.Index(fields=["ended_at"], name="cases_fact_ended"),
            # How punctual a unit was of late, asked at every dispatch: once a case is written.
            models.Index(
                fields=["unit_id", "ended_at"],
                name="cases_fact_unit",
                include=["matter_code", "kind", "area_code", "on_time"],
                condition=models.Q(clock="handle"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clock}"

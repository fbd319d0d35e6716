"""Emergency plans as data, by code and version; a version that was used is frozen."""

from __future__ import annotations

from django.db import models

from chengguan.store.fields import CodeField


class PlanTemplate(models.Model):
    """预案: a tree of tasks as `content` (see `plans.domain.template`); runs are programmes."""

    code = CodeField("预案代码", max_length=40)
    version = models.PositiveSmallIntegerField("版次", default=1)
    name = models.CharField("名称", max_length=80)
    basis = models.TextField("依据", blank=True)
    area_code = CodeField("区划", max_length=15, blank=True)
    content = models.JSONField("任务", default=list)
    made_by = models.CharField("编制人", max_length=40)
    made_at = models.DateTimeField("编制时间")
    frozen_at = models.DateTimeField("首次启动", null=True)
    retired_at = models.DateTimeField("停用时间", null=True)
    made_up = models.BooleanField("虚构", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "预案"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="command_plan_version")
        ]

    def __str__(self) -> str:
        return f"{self.name} 第 {self.version} 版"

"""Comparisons of two plans: what was asked, each figure's difference, and every seed behind it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField

from .enums import State, Unit, Verdict


class Comparison(models.Model):
    """Two plans for one city, lived under the same seeds; the files are kept as they were given.

    `area_code` is for whose plans it was made ("" for the whole city): who sees that area's plans
    sees it. `hours` are sums over the seeds done of people busy by hour of the day.
    """

    base_title = models.CharField("基准方案", max_length=80)
    other_title = models.CharField("比较方案", max_length=80)
    area_code = CodeField("区域代码", max_length=15, blank=True)
    days = models.PositiveIntegerField("天数")
    seeds = models.PositiveIntegerField("种子数")
    first_seed = models.PositiveIntegerField("首个种子", default=1)
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField("已完成种子", default=0)
    base_name = models.CharField("基准文件", max_length=200)
    other_name = models.CharField("比较文件", max_length=200)
    base_text = models.TextField("基准文件内容")
    other_text = models.TextField("比较文件内容")
    changed = models.JSONField("不同之处", default=list)
    hours = models.JSONField("分时忙碌人数", default=dict)
    error = models.TextField("出错原因", blank=True)
    made_by_id = models.BigIntegerField("发起人编号", null=True)
    made_by = models.CharField("发起人", max_length=80, blank=True)
    made_at = models.DateTimeField("发起时间", db_default=Now())
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    processor_seconds = models.FloatField("处理器用时（秒）", default=0.0)

    class Meta:
        verbose_name = verbose_name_plural = "方案推演"
        indexes = [
            models.Index(fields=["-made_at", "id"], name="simulation_comparison_made"),
            models.Index(fields=["area_code"], name="simulation_comparison_area"),
        ]

    def __str__(self) -> str:
        return f"{self.other_title} 对 {self.base_title}"

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (State.QUEUED, State.RUNNING)


class Figure(models.Model):
    """One figure's difference over the seeds; means of both plans, 95 % interval of the difference."""

    comparison = models.ForeignKey(
        Comparison, models.CASCADE, related_name="figures", verbose_name="推演"
    )
    place = models.PositiveIntegerField("次序")
    code = CodeField("指标代码", max_length=60)
    title = models.CharField("指标", max_length=80)
    about = models.CharField("说明", max_length=120, blank=True)
    unit = models.CharField("单位", max_length=10, choices=Unit)
    good = models.SmallIntegerField("好的方向")
    n = models.PositiveIntegerField("可比种子")
    base = models.FloatField("基准", null=True)
    other = models.FloatField("比较", null=True)
    mean = models.FloatField("相差", null=True)
    low = models.FloatField("区间下限", null=True)
    high = models.FloatField("区间上限", null=True)
    p = models.FloatField("p 值", null=True)
    p_holm = models.FloatField("校正后 p 值", null=True)
    improved = models.FloatField("变好的种子份额", null=True)
    verdict = models.CharField("判断", max_length=10, choices=Verdict)

    class Meta:
        verbose_name = verbose_name_plural = "推演指标"
        constraints = [
            models.UniqueConstraint(fields=["comparison", "code"], name="simulation_figure_once")
        ]

    def __str__(self) -> str:
        return self.title


class SeedFigure(models.Model):
    """One figure of both plans under one seed: what stands behind every difference."""

    comparison = models.ForeignKey(
        Comparison, models.CASCADE, related_name="seed_figures", verbose_name="推演"
    )
    seed = models.PositiveIntegerField("种子")
    code = CodeField("指标代码", max_length=60)
    title = models.CharField("指标", max_length=80)
    base = models.FloatField("基准", null=True)
    other = models.FloatField("比较", null=True)
    difference = models.FloatField("相差", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "各种子的数"
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "code", "seed"], name="simulation_seed_figure_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.seed}"

"""What proposals are made from: the model last learned, and the names of places."""

from __future__ import annotations

from django.db import models

from chengguan.store.fields import CodeField, PointField


class Learned(models.Model):
    """One learning from filed cases; only the newest keeps its weights (`data`)."""

    at = models.DateTimeField("学习时间")
    cases = models.PositiveIntegerField("案件数")
    matters = models.PositiveIntegerField("事项数")
    per_day = models.FloatField("日均上报")
    held_out = models.PositiveIntegerField("留出案件数")
    first = models.FloatField("首位正确率")
    three = models.FloatField("前三正确率")
    data = models.BinaryField("权重")

    class Meta:
        verbose_name = verbose_name_plural = "推荐学习"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.cases}"


class Offered(models.Model):
    """What the desk proposed for a report that came without a matter, kept when it was filed.

    `matters` is a list of [kind, code], the likeliest first; calls keep theirs with the report.
    """

    case_id = models.BigIntegerField("案件", primary_key=True)
    at = models.DateTimeField("时间")
    by = models.BigIntegerField("立案人", null=True)
    matters = models.JSONField("推荐的事项", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "立案时的推荐"
        indexes = [models.Index(fields=["at"], name="cases_offered_at")]

    def __str__(self) -> str:
        return f"{self.case_id} {len(self.matters)}"


class PlaceName(models.Model):
    """A name people say for a place: of a road or estate, a thing, or an earlier case's address.

    Made anew by the worker, never written while a report comes in. A `stem` is the part that
    names are found by ("环湖西一路" of "环湖西一路 18 号"); the row whose name is its stem stands for
    all of them. `point` is CGCS2000; `uses` counts what stands there; `case_id` is the case a
    name comes from where the registry doesn't know it, and bounds who may be told of it.
    """

    stem = CodeField("词干", max_length=40)
    name = models.CharField("名称", max_length=200)
    kind = models.CharField("类别", max_length=10)
    point = PointField(verbose_name="位置")
    area_code = CodeField("区域", max_length=15, blank=True)
    case_id = models.BigIntegerField("案件", null=True)
    uses = models.PositiveIntegerField("处数", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "地名"
        indexes = [
            models.Index(fields=["stem"], name="cases_place_stem"),
            models.Index(
                fields=["-uses"], name="cases_place_stems", condition=models.Q(kind="stem")
            ),
        ]

    def __str__(self) -> str:
        return self.name

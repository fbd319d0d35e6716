"""The catalogue of GB/T 47678.5-2026 and the filing rules of the city (立案、处置、结案标准)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.store.fields import CodeField

from ..enums import MatterKind


class Matter(models.Model):
    """A minor class (小类). Unique over (standard, kind, code): 01001 is both 部件 and 事项."""

    standard = models.CharField("标准", max_length=40)
    kind = models.CharField("类别", max_length=10, choices=MatterKind)
    code = CodeField("小类代码", max_length=8)
    name = models.CharField("小类名称", max_length=60)
    major_code = CodeField("大类代码", max_length=4)
    major_name = models.CharField("大类名称", max_length=40)
    component_code = CodeField("对应部件", max_length=8, blank=True)
    local = models.BooleanField("本地扩展", default=False)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "事项目录"
        constraints = [
            models.UniqueConstraint(
                fields=["standard", "kind", "code"], name="registry_matter_code"
            )
        ]
        indexes = [models.Index(fields=["kind", "code"], name="registry_matter_kind")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FilingRule(models.Model):
    """One filing condition with its limit and closing condition; several per matter.

    A rule is never edited: a new version has the same `code`, and dates that follow.
    `limit_unit` is a `core.worktime.LimitUnit`. `stages` lists staged limits
    (`[{"name", "limit_value", "limit_unit"}]`), each ending apart.
    """

    code = CodeField("规则代码", max_length=24)
    version = models.PositiveIntegerField("版本", default=1)
    matter = models.ForeignKey(Matter, models.PROTECT, verbose_name="事项", related_name="rules")
    position = models.PositiveSmallIntegerField("序号", default=1)
    condition = models.TextField("立案条件")
    limit_value = models.DecimalField("时限", max_digits=8, decimal_places=2)
    limit_unit = models.CharField("时限单位", max_length=12)
    limit_text = models.CharField("时限原文", max_length=40)
    closing_condition = models.TextField("结案条件", blank=True)
    stages = models.JSONField("分段时限", default=list, blank=True)
    competent = models.CharField("主管部门", max_length=80, blank=True)
    responsible = models.CharField("处置单位", max_length=80, blank=True)
    legal_basis = models.TextField("法律依据", blank=True)
    collection = models.TextField("采集要求", blank=True)
    photos_required = models.PositiveSmallIntegerField("立案照片数", default=0)
    source = models.CharField("来源", max_length=200, blank=True)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=24), default=list, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "立案标准"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="registry_rule_version")
        ]
        indexes = [models.Index(fields=["matter", "valid_from"], name="registry_rule_matter")]

    def __str__(self) -> str:
        return f"{self.matter} {self.condition[:20]}"

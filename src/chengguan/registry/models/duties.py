"""Who answers for what, where and when; and rulings that settled a dispute."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from chengguan.accounts.models import Organisation
from chengguan.store.fields import CodeField

from ..enums import DutyRole, MatterKind


class Duty(models.Model):
    """(organisation, matters, area, dates[, weekdays and hours]) in one role.

    The more exact duty wins: a whole matter code before a prefix, then the longer area code.
    Two equally exact duties of different organisations are a conflict, none a gap.
    """

    code = CodeField("权责代码", max_length=40)
    version = models.PositiveIntegerField("版本", default=1)
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="单位")
    role = models.CharField("角色", max_length=12, choices=DutyRole, default=DutyRole.RESPONSIBLE)
    kind = models.CharField("类别", max_length=10, choices=MatterKind, blank=True)
    matter_prefix = CodeField("事项代码或前缀", max_length=8, blank=True)
    area_code = CodeField("区域代码", max_length=15)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name="星期（1=周一）", default=list, blank=True
    )
    start = models.TimeField("开始", null=True, blank=True)
    end = models.TimeField("结束", null=True, blank=True)
    basis = models.CharField("依据", max_length=200, blank=True)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "权责"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="registry_duty_version")
        ]
        indexes = [models.Index(fields=["area_code", "matter_prefix"], name="registry_duty_where")]

    def __str__(self) -> str:
        return f"{self.organisation} {self.matter_prefix or '全部'} {self.area_code}"


class Precedent(models.Model):
    """An arbitration that dispatch follows from then on: this matter in this area is that unit's."""

    kind = models.CharField("类别", max_length=10, choices=MatterKind, blank=True)
    matter_code = CodeField("事项代码", max_length=8)
    area_code = CodeField("区域代码", max_length=15)
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="裁定单位")
    reason = models.TextField("理由")
    basis = models.CharField("依据条款", max_length=200, blank=True, db_default="")
    case_number = CodeField("案件编号", max_length=19, blank=True)
    ruled_by = models.CharField("裁定人", max_length=40)
    ruled_at = models.DateTimeField("裁定时间", db_default=Now())
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoked_by = models.CharField("撤销人", max_length=40, blank=True, db_default="")
    revoke_reason = models.CharField("撤销理由", max_length=500, blank=True, db_default="")

    class Meta:
        verbose_name = verbose_name_plural = "裁定先例"

    def __str__(self) -> str:
        return f"{self.matter_code} {self.area_code} {self.organisation}"

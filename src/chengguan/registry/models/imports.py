"""Imports in two steps: checked with an error per row, then applied as a whole."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField

from ..enums import ImportStatus


class ImportRun(models.Model):
    """One file checked, and perhaps applied; its errors name row, field and mend."""

    kind = CodeField("种类", max_length=24)
    file_name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    crs = models.CharField("坐标系", max_length=10, blank=True)
    encoding = models.CharField("编码", max_length=20, blank=True)
    options = models.JSONField("选项", default=dict)
    rows = models.PositiveIntegerField("行数", default=0)
    added = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("变更", default=0)
    unchanged = models.PositiveIntegerField("不变", default=0)
    errors = models.JSONField("错误", default=list)
    warnings = models.JSONField("提醒", default=list)
    error_count = models.PositiveIntegerField("错误数", default=0)
    status = models.CharField("状态", max_length=10, choices=ImportStatus)
    created_by_id = models.BigIntegerField("导入人编号", null=True)
    created_by = models.CharField("导入人", max_length=40, blank=True)
    created_at = models.DateTimeField("校验时间", db_default=Now())
    applied_at = models.DateTimeField("导入时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "导入记录"

    def __str__(self) -> str:
        return f"{self.file_name} {self.kind}"

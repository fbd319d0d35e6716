"""What a person keeps of the case list: queries by name, columns, files made in the background."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField


class SavedQuery(models.Model):
    """A query by name; `query` is the part of the address behind the question mark.

    Shared, it is offered to who holds a post (any, or `shared_post`) at an organisation below
    `shared_path`. It shows nobody a case: each runs it in his own scope.
    """

    owner_id = models.BigIntegerField("所有人")
    name = models.CharField("名称", max_length=40)
    query = models.CharField("条件", max_length=2000)
    shared_path = CodeField("共享机构", max_length=200, blank=True)
    shared_post = CodeField("共享岗位", max_length=40, blank=True)
    made_at = models.DateTimeField("保存时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "常用查询"
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "name"], name="cases_saved_name")
        ]
        indexes = [
            models.Index(
                fields=["shared_path"],
                name="cases_saved_shared",
                condition=~models.Q(shared_path=""),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ChosenColumns(models.Model):
    """The columns of one person's list, and of what he exports, in his order."""

    user_id = models.BigIntegerField("用户", primary_key=True)
    listed = models.JSONField("列表的列", default=list)
    exported = models.JSONField("导出的列", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "列的选择"

    def __str__(self) -> str:
        return str(self.user_id)


class ExportState(models.TextChoices):
    """Where a file in the making stands."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "正在导出"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"
    CANCELLED = "cancelled", "已取消"
    GONE = "gone", "已过期"


class CaseExport(models.Model):
    """A file of cases made in the background, for its maker alone, until `expires_at`."""

    user_id = models.BigIntegerField("导出人")
    form = models.CharField("格式", max_length=8)
    query = models.CharField("条件", max_length=2000, blank=True)
    columns = models.JSONField("列", default=list)
    state = models.CharField(
        "状态", max_length=10, choices=ExportState, default=ExportState.WAITING
    )
    rows = models.PositiveIntegerField("已写行数", default=0)
    size = models.BigIntegerField("字节", default=0)
    error = models.CharField("原因", max_length=400, blank=True)
    #: Digest of the scope it was written with; see `taking.background.scope_of`.
    scope = models.CharField("范围摘要", max_length=64, blank=True)
    made_at = models.DateTimeField("提交时间", db_default=Now())
    finished_at = models.DateTimeField("完成时间", null=True)
    expires_at = models.DateTimeField("保留至", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "案件导出"
        indexes = [models.Index(fields=["user_id", "-id"], name="cases_export_user")]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_state_display()}"

    @property
    def is_open(self) -> bool:
        return self.state in (ExportState.WAITING, ExportState.RUNNING)

"""The audit log (GB/T 22239-2019 level 3, 8.1.4.3): entries without foreign keys, and their chain.

An entry is written in the transaction of the act it records. Committed entries are linked into
the chain later, in batches, by one linker: no writer ever waits for another.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField

from .enums import Result


class Entry(models.Model):
    """One act, login, export or refusal; subjects and actors by value, so that they may vanish."""

    id = models.BigIntegerField("编号", primary_key=True)
    at = models.DateTimeField("发生时间")
    recorded_at = models.DateTimeField("记录时间", db_default=Now())
    actor_id = models.BigIntegerField("用户编号", null=True)
    actor = models.CharField("用户", max_length=80, blank=True)
    post = CodeField("岗位", max_length=40, blank=True)
    ip = models.GenericIPAddressField("来源地址", null=True)
    request_id = models.CharField("请求编号", max_length=40, blank=True)
    action = CodeField("动作", max_length=60)
    subject_type = CodeField("对象类型", max_length=40, blank=True)
    subject_id = CodeField("对象编号", max_length=64, blank=True)
    result = models.CharField("结果", max_length=10, choices=Result, default=Result.DONE)
    detail = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="audit_entry_subject"),
            models.Index(fields=["at"], name="audit_entry_at"),
            models.Index(fields=["actor_id", "at"], name="audit_entry_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.subject_id}"


class Pending(models.Model):
    """An entry that waits for its link; a trigger puts it here, so that no writer can forget it."""

    id = models.BigAutoField("序号", primary_key=True)
    entry_id = models.BigIntegerField("记录编号")

    class Meta:
        verbose_name = verbose_name_plural = "待入链记录"

    def __str__(self) -> str:
        return str(self.entry_id)


class Link(models.Model):
    """The place of one entry in the chain: position 1, 2, 3 … and SHA-256(previous digest + entry)."""

    position = models.BigIntegerField("序号", primary_key=True)
    entry_id = models.BigIntegerField("记录编号", unique=True)
    digest = models.BinaryField("摘要", max_length=32)
    linked_at = models.DateTimeField("入链时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "审计链"

    def __str__(self) -> str:
        return str(self.position)

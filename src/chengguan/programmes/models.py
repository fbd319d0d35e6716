"""Programmes, their items, and the append-only log of both."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.accounts.models import Organisation
from chengguan.store.fields import CodeField, PointField

from .enums import OVER, ItemState, ItemVerb, ProgrammeKind


class Programme(models.Model):
    """A tree of items under one owner. `source` and `source_ref` say by value what began it."""

    kind = CodeField("类别", max_length=12, choices=ProgrammeKind)
    title = models.CharField("名称", max_length=100)
    text = models.TextField("内容", blank=True)
    series = models.CharField("系列", max_length=60, blank=True)
    drill = models.BooleanField("演练", default=False)
    level = models.CharField("级别", max_length=4, blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    point = PointField(verbose_name="位置", null=True)
    area_code = CodeField("区划", max_length=15, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="机构", null=True)
    owner_id = models.BigIntegerField("负责人", null=True)
    owner_name = models.CharField("负责人姓名", max_length=40, blank=True)
    source = CodeField("来源", max_length=40, blank=True)
    source_ref = CodeField("来源编号", max_length=60, blank=True)
    details = models.JSONField("其他", default=dict)
    started_at = models.DateTimeField("开始时间")
    created_by = models.BigIntegerField("建立人", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)
    outcome = models.TextField("结果", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务组"
        indexes = [
            models.Index(fields=["kind", "-started_at"], name="programmes_by_kind"),
            models.Index(fields=["source", "source_ref"], name="programmes_by_source"),
        ]

    def __str__(self) -> str:
        return self.title


class Item(models.Model):
    """One thing to do: its owner, its date, and after which items it starts."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="items")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    position = models.PositiveSmallIntegerField("顺序", default=0)
    title = models.CharField("事项", max_length=120)
    text = models.TextField("要求", blank=True)
    owner_id = models.BigIntegerField("责任人", null=True)
    owner_name = models.CharField("责任人姓名", max_length=80, blank=True)
    unit = models.ForeignKey(Organisation, models.PROTECT, verbose_name="责任单位", null=True)
    wanted = models.CharField("要求的责任方", max_length=120, blank=True)
    gap = models.CharField("责任空缺", max_length=200, blank=True)
    minutes = models.PositiveIntegerField("启动后分钟", null=True)
    due_at = models.DateTimeField("时限", null=True)
    requires = ArrayField(models.BigIntegerField(), verbose_name="前置", default=list)
    checklist = models.JSONField("检查项", default=list)
    state = CodeField("状态", max_length=10, choices=ItemState, default=ItemState.WAITING)
    opened_at = models.DateTimeField("开始时间", null=True)
    accepted_at = models.DateTimeField("接受时间", null=True)
    arrived_at = models.DateTimeField("到场时间", null=True)
    over_at = models.DateTimeField("完成或取消时间", null=True)
    note = models.TextField("办理情况", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务项"
        indexes = [
            models.Index(
                fields=["owner_id", "due_at"],
                name="programmes_item_open",
                condition=models.Q(over_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def is_late(self, at: datetime) -> bool:
        """Say whether the item was, or at `at` is, over its date."""
        return self.due_at is not None and (self.over_at or at) > self.due_at


class LogEntry(models.Model):
    """One line of a programme's log: who, when, what; never changed (a trigger refuses it)."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="log")
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="log")
    verb = CodeField("动作", max_length=10, choices=ItemVerb)
    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("办理人", null=True)
    actor_name = models.CharField("办理人姓名", max_length=40)
    note = models.TextField("说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务记录"

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.programme_id}"

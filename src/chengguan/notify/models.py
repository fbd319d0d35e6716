"""The transactional outbox, and each person's inbox."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField


class OutboxMessage(models.Model):
    """Something that happened, written with it, told after it is committed; deleted once told.

    The scope columns say who may hear it on the live stream: those whose grants cover the area
    and, where given, the organisation path or the person.
    """

    id = models.BigIntegerField(primary_key=True)
    topic = CodeField("主题", max_length=40)
    subject_id = models.BigIntegerField("对象编号", null=True)
    area_code = CodeField("区划", max_length=15, blank=True)
    matter_code = CodeField("事项", max_length=8, blank=True)
    organisation_path = CodeField("机构路径", max_length=200, blank=True)
    user_ids = ArrayField(models.BigIntegerField(), verbose_name="人员", default=list)
    payload = models.JSONField("内容", default=dict)
    created_at = models.DateTimeField("产生时间", db_default=Now())
    # Set where it could not be told: kept for an operator to see, and out of the way of the others.
    error = models.TextField("错误", db_default="")

    class Meta:
        verbose_name = verbose_name_plural = "待发消息"

    def __str__(self) -> str:
        return f"{self.topic} {self.subject_id}"


class InboxItem(models.Model):
    """A message in a person's in-app inbox."""

    id = models.BigIntegerField(primary_key=True)
    user_id = models.BigIntegerField("收件人")
    kind = CodeField("类别", max_length=40)
    title = models.CharField("标题", max_length=120)
    body = models.TextField("内容", blank=True)
    url = models.CharField("链接", max_length=200, blank=True)
    created_at = models.DateTimeField("时间", db_default=Now())
    read_at = models.DateTimeField("阅读时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "站内消息"
        indexes = [models.Index(fields=["user_id", "read_at", "-id"], name="notify_inbox_user")]

    def __str__(self) -> str:
        return self.title

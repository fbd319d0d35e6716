"""Bulletins, and one row for each person they are addressed to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.store.fields import CodeField


class Bulletin(models.Model):
    """通报: addressed when it is published; who comes later isn't among its readers."""

    title = models.CharField("标题", max_length=80)
    text = models.TextField("内容")
    pinned = models.BooleanField("首页置顶", default=False)
    must_confirm = models.BooleanField("须确认", default=False)
    area_code = CodeField("区划", max_length=15, blank=True)
    posts = ArrayField(models.CharField(max_length=40), verbose_name="岗位", default=list)
    organisation_ids = ArrayField(models.BigIntegerField(), verbose_name="机构", default=list)
    sender_id = models.BigIntegerField("发布人", null=True)
    sender_name = models.CharField("发布人姓名", max_length=40)
    published_at = models.DateTimeField("发布时间")
    expires_at = models.DateTimeField("有效期至", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        indexes = [models.Index(fields=["area_code", "-id"], name="command_bulletin_area")]

    def __str__(self) -> str:
        return self.title


class BulletinReader(models.Model):
    """One person a bulletin is addressed to, and when he read and confirmed it."""

    bulletin = models.ForeignKey(Bulletin, models.CASCADE, related_name="readers")
    user_id = models.BigIntegerField("人员")
    name = models.CharField("姓名", max_length=40)
    organisation_name = models.CharField("机构", max_length=80)
    read_at = models.DateTimeField("阅读时间", null=True)
    confirmed_at = models.DateTimeField("确认时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通报回执"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "bulletin"], name="command_bulletin_reader_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.bulletin_id}"

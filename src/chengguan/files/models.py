"""Evidence: originals by their SHA-256, what they are attached to, uploads under way."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField, PointField

from .enums import Role


class Blob(models.Model):
    """One original, kept once however often it is attached; never changed, never overwritten."""

    sha256 = models.CharField("SHA-256", max_length=64, primary_key=True)
    size = models.BigIntegerField("字节数")
    media_type = models.CharField("类型", max_length=80)
    width = models.PositiveIntegerField("宽", null=True)
    height = models.PositiveIntegerField("高", null=True)
    taken_at = models.DateTimeField("拍摄时间", null=True, help_text="来自EXIF")
    taken_point = PointField(verbose_name="拍摄位置", null=True, help_text="来自EXIF")
    device = models.CharField("拍摄设备", max_length=80, blank=True)
    stored_at = models.DateTimeField("入库时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "原件"

    def __str__(self) -> str:
        return self.sha256[:12]


class Derived(models.Model):
    """A copy made from an original: a thumbnail, a masked picture."""

    original = models.ForeignKey(Blob, models.CASCADE, related_name="derived")
    kind = CodeField("种类", max_length=20)
    size = models.BigIntegerField("字节数")
    media_type = models.CharField("类型", max_length=80)
    made_at = models.DateTimeField("生成时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "派生件"
        constraints = [
            models.UniqueConstraint(fields=["original", "kind"], name="files_derived_once")
        ]

    def __str__(self) -> str:
        return f"{self.original_id[:12]} {self.kind}"


class Attachment(models.Model):
    """A file in its place: subject and step by value, since files stand below every trade."""

    id = models.BigIntegerField(primary_key=True)
    blob = models.ForeignKey(Blob, models.PROTECT, verbose_name="原件")
    subject_type = CodeField("对象类型", max_length=40)
    subject_id = models.BigIntegerField("对象编号")
    event_id = models.BigIntegerField("步骤编号", null=True)
    role = models.CharField("环节", max_length=16, choices=Role, default=Role.OTHER)
    name = models.CharField("文件名", max_length=200)
    uploaded_by = models.BigIntegerField("上传人", null=True)
    created_at = models.DateTimeField("上传时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="files_attachment_subject")
        ]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A resumable upload under way, or complete and not yet attached."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id = models.BigIntegerField("上传人", null=True)
    name = models.CharField("文件名", max_length=200)
    size = models.BigIntegerField("总字节数")
    received = models.BigIntegerField("已收字节数", default=0)
    blob = models.ForeignKey(Blob, models.SET_NULL, null=True, verbose_name="原件")
    created_at = models.DateTimeField("开始时间", db_default=Now())
    expires_at = models.DateTimeField("有效期至")

    class Meta:
        verbose_name = verbose_name_plural = "上传"
        indexes = [
            models.Index(
                fields=["user_id"],
                name="files_upload_open",
                condition=models.Q(blob__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.name

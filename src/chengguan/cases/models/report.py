"""The raw report from any channel, kept for ever as it came."""

from __future__ import annotations

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Now, Right

from chengguan.store.fields import CodeField, PointField

from ..enums import ReportStatus, Source


class Report(models.Model):
    """What somebody or something said, before anybody judged it.

    `point` is CGCS2000; `raw` keeps the message as received, its own coordinates included.
    (client, key) is the idempotency key: the same message twice is one report.
    """

    id = models.BigIntegerField(primary_key=True)
    client = CodeField("客户端", max_length=60)
    key = CodeField("幂等键", max_length=120)
    source = models.CharField("来源", max_length=12, choices=Source)
    source_ref = CodeField("来源编号", max_length=120, blank=True)
    at = models.DateTimeField("上报时间")
    recorded_at = models.DateTimeField("记录时间", db_default=Now())
    text = models.TextField("描述", blank=True)
    address = models.CharField("地点", max_length=200, blank=True)
    point = PointField(verbose_name="位置", null=True)
    area_code = CodeField("区域", max_length=15, blank=True)
    kind = models.CharField("类别", max_length=10, blank=True)
    matter_code = CodeField("事项", max_length=8, blank=True)
    reporter_id = models.BigIntegerField("上报人", null=True)
    reporter_name = models.CharField("举报人", max_length=40, blank=True)
    reporter_phone = models.CharField("举报人电话", max_length=20, blank=True)
    raw = models.JSONField("原文", default=dict)
    status = models.CharField(
        "处理", max_length=10, choices=ReportStatus, default=ReportStatus.PENDING
    )
    case_id = models.BigIntegerField("案件", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "上报"
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="cases_report_once")]
        indexes = [
            models.Index(fields=["case_id"], name="cases_report_case"),
            models.Index(fields=["-at"], name="cases_report_at"),
            # Whoever rings again: hashes of the last four digits, so the index tells no number.
            HashIndex(
                Right(
                    Func(
                        "reporter_phone",
                        Value("[^0-9]"),
                        Value(""),
                        Value("g"),
                        function="regexp_replace",
                        output_field=models.TextField(),
                    ),
                    4,
                ),
                name="cases_report_caller",
                condition=~models.Q(reporter_phone=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.at:%m-%d %H:%M}"

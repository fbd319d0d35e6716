"""The case: the fold of its events, with what lists filter and sort by."""

from __future__ import annotations

from django.contrib.postgres.indexes import GistIndex
from django.db import models

from chengguan.store.fields import CodeField, PointField
from chengguan.workflow.models import Instance

from ..enums import Source


class Case(Instance):
    """案件. Every column but `text` and place is recomputed by `chengguan cases rebuild`."""

    number = CodeField("案件编号", max_length=19, unique=True)
    source = models.CharField("来源", max_length=12, choices=Source)
    source_ref = CodeField("来源编号", max_length=120, blank=True)
    kind = models.CharField("类别", max_length=10, blank=True)
    matter_code = CodeField("事项", max_length=8, blank=True)
    rule_id = models.BigIntegerField("立案标准", null=True)
    text = models.TextField("描述", blank=True)
    address = models.CharField("地点", max_length=200, blank=True)
    point = PointField(verbose_name="位置", null=True)
    area_code = CodeField("区域", max_length=15)
    component_code = CodeField("部件", max_length=17, blank=True)
    reporter_id = models.BigIntegerField("上报人", null=True)
    acceptor_id = models.BigIntegerField("受理人", null=True)
    dispatcher_id = models.BigIntegerField("派遣人", null=True)
    unit_id = models.BigIntegerField("处置单位", null=True)
    unit_path = CodeField("处置单位路径", max_length=200, blank=True)
    handler_id = models.BigIntegerField("处置人", null=True)
    main_case_id = models.BigIntegerField("主案件", null=True)
    reports = models.PositiveIntegerField("上报次数", default=1)
    urged = models.PositiveSmallIntegerField("催办次数", default=0)
    returns = models.PositiveSmallIntegerField("回退次数", default=0)
    reworks = models.PositiveSmallIntegerField("返工次数", default=0)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    reopened = models.PositiveSmallIntegerField("重开次数", default=0)
    suspended_until = models.DateTimeField("挂账至", null=True)
    overseen = models.BooleanField("督办", default=False)
    forced = models.BooleanField("强制结案", default=False)
    self_handled = models.BooleanField("自处置", default=False)
    exempt = models.BooleanField("免计超期", default=False)
    important = models.BooleanField("重点", default=False)
    filed_at = models.DateTimeField("立案时间", null=True)
    dispatched_at = models.DateTimeField("派遣时间", null=True)
    handled_at = models.DateTimeField("处置完成", null=True)
    on_time = models.BooleanField("按期", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "案件"
        indexes = [
            models.Index(
                fields=["stage_due_at", "id"],
                name="cases_case_open_due",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["state", "stage_due_at", "id"],
                name="cases_case_open_state",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(fields=["-opened_at", "-id"], name="cases_case_opened"),
            models.Index(fields=["matter_code", "-opened_at"], name="cases_case_matter"),
            models.Index(fields=["area_code", "-opened_at"], name="cases_case_area"),
            models.Index(fields=["unit_path", "-opened_at"], name="cases_case_unit"),
            GistIndex(fields=["point"], name="cases_case_point"),
            models.Index(
                fields=["main_case_id"],
                name="cases_case_main",
                condition=models.Q(main_case_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

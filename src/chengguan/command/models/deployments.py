"""Forces of one town that another may order for a time, once the county has approved (跨镇域调配)."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.store.fields import CodeField

from ..enums import DeploymentState


class Deployment(models.Model):
    """What a town asks for, what the county says, and when it ended; each instant is set once.

    `units` are organisations by id, `lenders` their towns. Orders under it name it as their subject.
    `settled_at` says that nothing is left to take back after its end.
    """

    town = CodeField("申请街镇", max_length=9)
    district = CodeField("县（区）", max_length=6)
    lenders = ArrayField(CodeField(max_length=9), verbose_name="派出街镇")
    units = ArrayField(models.BigIntegerField(), verbose_name="单位")
    names = models.CharField("单位名称", max_length=400)
    title = models.CharField("任务", max_length=80)
    text = models.TextField("要求", blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    case_number = CodeField("案件编号", max_length=19, blank=True)
    reason = models.CharField("申请理由", max_length=500)
    begins_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    asked_id = models.BigIntegerField("申请人编号", null=True)
    asked_by = models.CharField("申请人", max_length=40)
    asked_at = models.DateTimeField("申请时间")
    approved_at = models.DateTimeField("批准时间", null=True)
    refused_at = models.DateTimeField("不批准时间", null=True)
    decided_id = models.BigIntegerField("审批人编号", null=True)
    decided_by = models.CharField("审批人", max_length=40, blank=True)
    decision = models.CharField("审批意见", max_length=500, blank=True)
    begun_at = models.DateTimeField("下达时间", null=True)
    ended_at = models.DateTimeField("终结时间", null=True)
    ended_by = models.CharField("终结人", max_length=40, blank=True)
    ended_reason = models.CharField("终结原因", max_length=300, blank=True)
    settled_at = models.DateTimeField("清理时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "跨镇域调配"
        indexes = [
            models.Index(fields=["district", "-id"], name="command_deployment_district"),
            # What the clock has to look at: few at any time.
            models.Index(
                fields=["ends_at"],
                name="command_deployment_open",
                condition=models.Q(settled_at=None, refused_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")),
                name="command_deployment_period",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_at=None) | models.Q(refused_at=None),
                name="command_deployment_one_word",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.names}"

    def state(self, at: datetime) -> DeploymentState:
        """Where it stands at an instant; what nobody decided in its time has lapsed."""
        if self.refused_at is not None:
            return DeploymentState.REFUSED
        if self.approved_at is None:
            if self.ended_at is not None and self.ended_at < self.ends_at:
                return DeploymentState.WITHDRAWN
            return DeploymentState.LAPSED if at >= self.ends_at else DeploymentState.PENDING
        if self.ended_at is not None or at >= self.ends_at:
            return DeploymentState.ENDED
        return DeploymentState.ACTIVE if at >= self.begins_at else DeploymentState.APPROVED

    @property
    def subject(self) -> str:
        """What orders under it name as their subject."""
        return f"command.deployment:{self.pk}"

"""Orders, one receipt for each recipient (and point), and the append-only history of both."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from chengguan.accounts.models import Organisation
from chengguan.store.fields import CodeField, PointField

from ..enums import OrderKind, ReceiptVerb, Stand

#: The light turns yellow when so much of the time has passed, as everywhere.
_WARN = 0.8


class Order(models.Model):
    """命令: what is asked, of whom by whom, until when. `subject` names by value what it belongs to."""

    kind = CodeField("类别", max_length=12, choices=OrderKind, default=OrderKind.OTHER)
    title = models.CharField("标题", max_length=80)
    text = models.TextField("内容", blank=True)
    due_at = models.DateTimeField("完成时限", null=True)
    place = models.CharField("地点", max_length=120, blank=True)
    point = PointField(verbose_name="位置", null=True)
    metres = models.PositiveIntegerField("半径（米）", null=True)
    area_code = CodeField("区划", max_length=15, blank=True)
    case_number = CodeField("案件编号", max_length=19, blank=True)
    subject = CodeField("对象", max_length=60, blank=True)
    drill = models.BooleanField("演练", default=False)
    sender_id = models.BigIntegerField("下达人", null=True)
    sender_name = models.CharField("下达人姓名", max_length=40)
    sender_post = models.CharField("下达岗位", max_length=40, blank=True)
    issued_at = models.DateTimeField("下达时间")
    revision = models.PositiveSmallIntegerField("版次", default=1)
    amended_at = models.DateTimeField("变更时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    withdrawn_reason = models.CharField("撤回原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "命令"
        indexes = [
            models.Index(fields=["sender_id", "-id"], name="command_order_sender"),
            models.Index(fields=["area_code", "-id"], name="command_order_area"),
            models.Index(
                fields=["subject"], name="command_order_subject", condition=~models.Q(subject="")
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def warn_at(self) -> datetime | None:
        """When the light turns yellow."""
        return None if self.due_at is None else self.issued_at + self._span * _WARN

    @property
    def _span(self) -> timedelta:
        assert self.due_at is not None
        return self.due_at - self.issued_at


class Receipt(models.Model):
    """One recipient's side of an order: a person, or a unit for which any of its clerks answers.

    Each instant is set once, by a guarded update; where the recipient stands follows from them.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="receipts")
    user_id = models.BigIntegerField("人员", null=True)
    unit = models.ForeignKey(Organisation, models.PROTECT, verbose_name="单位", null=True)
    name = models.CharField("接收方", max_length=80)
    lead = models.BooleanField("牵头", default=False)
    place = models.CharField("点位", max_length=120, blank=True)
    point = PointField(verbose_name="点位位置", null=True)
    issued_at = models.DateTimeField("下达时间")
    due_at = models.DateTimeField("完成时限", null=True)
    delivered_at = models.DateTimeField("送达时间", null=True)
    seen_at = models.DateTimeField("查看时间", null=True)
    seen_revision = models.PositiveSmallIntegerField("已看版次", default=0)
    accepted_at = models.DateTimeField("接受时间", null=True)
    refused_at = models.DateTimeField("拒绝时间", null=True)
    answered_by = models.CharField("答复人", max_length=40, blank=True)
    answered_id = models.BigIntegerField("答复人编号", null=True)
    reason = models.CharField("拒绝原因", max_length=200, blank=True)
    arrived_at = models.DateTimeField("到场时间", null=True)
    arrived_point = PointField(verbose_name="到场位置", null=True)
    arrived_place = models.CharField("到场地点", max_length=120, blank=True)
    done_at = models.DateTimeField("完成时间", null=True)
    note = models.TextField("完成情况", blank=True)
    escalated_at = models.DateTimeField("超期提醒时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "命令回执"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user_id__isnull=False, unit__isnull=True)
                | models.Q(user_id__isnull=True, unit__isnull=False),
                name="command_receipt_one_recipient",
            )
        ]
        indexes = [
            models.Index(fields=["user_id", "-id"], name="command_receipt_user"),
            models.Index(
                fields=["due_at"],
                name="command_receipt_due",
                condition=models.Q(
                    done_at=None, refused_at=None, withdrawn_at=None, escalated_at=None
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.order_id}"

    @property
    def stand(self) -> Stand:
        """Where the recipient stands: the furthest instant that is set."""
        for instant, stand in (
            (self.withdrawn_at, Stand.WITHDRAWN),
            (self.refused_at, Stand.REFUSED),
            (self.done_at, Stand.DONE),
            (self.arrived_at, Stand.ARRIVED),
            (self.accepted_at, Stand.ACCEPTED),
            (self.seen_at, Stand.SEEN),
            (self.delivered_at, Stand.DELIVERED),
        ):
            if instant is not None:
                return stand
        return Stand.SENT

    @property
    def is_open(self) -> bool:
        """Say whether something is still awaited of the recipient."""
        return self.done_at is None and self.refused_at is None and self.withdrawn_at is None

    @property
    def warn_at(self) -> datetime | None:
        """When the light turns yellow."""
        if self.due_at is None:
            return None
        return self.issued_at + (self.due_at - self.issued_at) * _WARN


class OrderEvent(models.Model):
    """One line of an order's history: who, when, what; never changed (a trigger refuses it)."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="events")
    receipt = models.ForeignKey(Receipt, models.PROTECT, null=True, related_name="events")
    verb = CodeField("动作", max_length=12, choices=ReceiptVerb)
    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("办理人", null=True)
    actor_name = models.CharField("办理人姓名", max_length=40)
    note = models.TextField("说明", blank=True)
    data = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "命令记录"

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.order_id}"

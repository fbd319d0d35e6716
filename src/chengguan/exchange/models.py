"""Other systems: who they are, what came in with which key, what went out with which receipt."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField

from .enums import MessageStatus


class Peer(models.Model):
    """A platform beside, above or below this one."""

    code = CodeField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80)
    secret = models.CharField("签名密钥", max_length=120, blank=True)
    url = models.CharField(
        "地址", max_length=200, blank=True, help_text="对方的交换地址，以 /exchange/ 结尾"
    )
    known_as = CodeField("本平台在对方的代码", max_length=40, blank=True)
    active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "对接平台"

    def __str__(self) -> str:
        return self.name


class Receipt(models.Model):
    """The answer given to one write under one idempotency key, given again to the same key."""

    id = models.BigIntegerField(primary_key=True)
    client = CodeField("客户端", max_length=60)
    key = CodeField("幂等键", max_length=120)
    digest = models.CharField("请求摘要", max_length=64)
    status = models.PositiveSmallIntegerField("应答码", default=0)
    response = models.JSONField("应答", null=True)
    created_at = models.DateTimeField("时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "回执"
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="exchange_receipt_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="exchange_receipt_at")]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"


class Message(models.Model):
    """One form sent to or received from a peer (the eight forms between city and district)."""

    id = models.BigIntegerField(primary_key=True)
    peer = models.ForeignKey(Peer, models.PROTECT, verbose_name="平台")
    outgoing = models.BooleanField("发出")
    form = CodeField("表单", max_length=40)
    key = CodeField("对方编号", max_length=120)
    subject_type = CodeField("对象类型", max_length=40, blank=True)
    subject_id = models.BigIntegerField("对象编号", null=True)
    payload = models.JSONField("内容")
    signature = models.CharField("签名", max_length=128, blank=True)
    status = models.CharField(
        "状态", max_length=10, choices=MessageStatus, default=MessageStatus.PENDING
    )
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    error = models.TextField("错误", blank=True)
    next_try_at = models.DateTimeField("下次发送", null=True)
    receipt = models.CharField("对方回执", max_length=60, blank=True)
    sent_at = models.DateTimeField("发出时间", db_default=Now(), help_text="以发出方为准")
    created_at = models.DateTimeField("时间", db_default=Now())
    done_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "交换消息"
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "outgoing", "form", "key"], name="exchange_message_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["outgoing", "next_try_at"],
                condition=models.Q(status="pending"),
                name="exchange_message_waiting",
            ),
            models.Index(fields=["peer", "sent_at"], name="exchange_message_day"),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.key}"


class Nonce(models.Model):
    """A nonce a peer has used; the same again is a replay."""

    peer = models.ForeignKey(Peer, models.CASCADE, verbose_name="平台")
    nonce = CodeField("一次性数", max_length=64)
    seen_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "一次性数"
        constraints = [
            models.UniqueConstraint(fields=["peer", "nonce"], name="exchange_nonce_once")
        ]
        indexes = [models.Index(fields=["seen_at"], name="exchange_nonce_at")]

    def __str__(self) -> str:
        return str(self.nonce)

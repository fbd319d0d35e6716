"""States of a message to or from another system."""

from django.db import models


class MessageStatus(models.TextChoices):
    """Where a message stands."""

    PENDING = "pending", "待处理"
    DONE = "done", "已完成"
    REFUSED = "refused", "被拒"
    FAILED = "failed", "失败"

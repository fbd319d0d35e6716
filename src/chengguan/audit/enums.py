"""Results an audit entry can have."""

from django.db import models


class Result(models.TextChoices):
    """What became of the attempt."""

    DONE = "done", "成功"
    REFUSED = "refused", "拒绝"
    FAILED = "failed", "出错"

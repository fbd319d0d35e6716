"""Where a comparison of two plans stands, and what is said of a difference."""

from django.db import models


class State(models.TextChoices):
    """A comparison from being asked to being told."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "推演中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已取消"
    FAILED = "failed", "失败"


#: States in which it may still become something.
OPEN = (State.QUEUED, State.RUNNING)


class Verdict(models.TextChoices):
    """What of a difference is more than chance, after correction for looking at many figures."""

    BETTER = "better", "更好"
    WORSE = "worse", "更差"
    MORE = "more", "增加"
    LESS = "less", "减少"
    NOISE = "noise", "未超出偶然"
    UNKNOWN = "unknown", "数据不足"


class Unit(models.TextChoices):
    """What a figure is measured in."""

    SHARE = "share", "份额"
    HOURS = "hours", "小时"
    COUNT = "count", "件"
    LOAD = "load", "小时/日"

"""Kinds of programmes, and where an item of one stands."""

from django.db import models


class ProgrammeKind(models.TextChoices):
    """What a tree of items is."""

    PLAN = "plan", "预案启动"
    MEETING = "meeting", "会议"
    CAMPAIGN = "campaign", "专项行动"
    PROJECT = "project", "重点项目"


class ItemState(models.TextChoices):
    """Where an item stands; a parent's follows from its children."""

    WAITING = "waiting", "未开始"
    OPEN = "open", "待接受"
    ACCEPTED = "accepted", "办理中"
    ARRIVED = "arrived", "已到场"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已取消"


OVER = frozenset({ItemState.DONE, ItemState.CANCELLED})
UNDER_WAY = frozenset({ItemState.OPEN, ItemState.ACCEPTED, ItemState.ARRIVED})


class ItemVerb(models.TextChoices):
    """What is done to an item or a programme."""

    START = "start", "启动"
    OPEN = "open", "开始"
    ACCEPT = "accept", "接受"
    ARRIVE = "arrive", "到场"
    FINISH = "finish", "完成"
    REOPEN = "reopen", "退回重办"
    CANCEL = "cancel", "取消"
    ADD = "add", "新增"
    AMEND = "amend", "变更"
    NOTE = "note", "记录"
    CLOSE = "close", "结束"


class Rhythm(models.TextChoices):
    """By what a recurring programme finds its days."""

    WEEKLY = "weekly", "每周"
    MONTHLY = "monthly", "每月"
    FIRST_WORKDAY = "first", "每月首个工作日"


class OnDayOff(models.TextChoices):
    """What happens where a day of the rhythm is not worked."""

    SKIP = "skip", "不启动"
    EARLIER = "earlier", "提前到前一个工作日"
    KEEP = "keep", "照常启动"

"""The kinds of orders, where one recipient stands, and what becomes of starts by the calendar."""

from django.db import models


class OrderKind(models.TextChoices):
    """What is asked for; times are compared within a kind only."""

    SCENE = "scene", "到场处置"
    CHECK = "check", "核查核实"
    STANDBY = "standby", "值守备勤"
    JOINT = "joint", "联合行动"
    INFORM = "inform", "传达告知"
    PLAN = "plan", "预案任务"
    OTHER = "other", "其他"


class Stand(models.TextChoices):
    """How far one recipient is; derived from the instants, never stored."""

    SENT = "sent", "待送达"
    DELIVERED = "delivered", "已送达"
    SEEN = "seen", "已查看"
    ACCEPTED = "accepted", "已接受"
    ARRIVED = "arrived", "已到场"
    DONE = "done", "已完成"
    REFUSED = "refused", "已拒绝"
    WITHDRAWN = "withdrawn", "已撤回"


class ReceiptVerb(models.TextChoices):
    """What happens to an order or to one of its receipts, as its history says it."""

    ISSUE = "issue", "下达"
    DELIVER = "deliver", "送达"
    SEE = "see", "查看"
    ACCEPT = "accept", "接受"
    REFUSE = "refuse", "拒绝"
    ARRIVE = "arrive", "到场"
    FINISH = "finish", "完成"
    AMEND = "amend", "变更"
    WITHDRAW = "withdraw", "撤回"
    ESCALATE = "escalate", "超期提醒"


class ScheduleState(models.TextChoices):
    """Whether a plan starts itself; derived, never stored."""

    ON = "on", "启用中"
    PAUSED = "paused", "已暂停"
    STOPPED = "stopped", "已自动停止"
    ENDED = "ended", "已终止"


class StartOutcome(models.TextChoices):
    """What became of a start that fell due."""

    STARTED = "started", "已启动"
    MISSED = "missed", "错过"
    PAUSED = "paused", "暂停期间"
    REFUSED = "refused", "未能启动"


class DeploymentState(models.TextChoices):
    """Where a deployment across towns stands; derived from the instants, never stored."""

    PENDING = "pending", "待审批"
    APPROVED = "approved", "已批准，未开始"
    ACTIVE = "active", "进行中"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "逾期未审批，已失效"
    ENDED = "ended", "已结束"

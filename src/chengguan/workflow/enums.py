"""States of definitions and requests, and the kinds of calendar day."""

from django.db import models


class DefinitionStatus(models.TextChoices):
    """A definition is edited as a draft and frozen when published."""

    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    RETIRED = "retired", "已停用"


class RequestStatus(models.TextChoices):
    """Where a request for approval stands."""

    PENDING = "pending", "待审批"
    GRANTED = "granted", "已同意"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"
    VOID = "void", "已失效"


class DayKind(models.TextChoices):
    """Why a date differs from its weekday."""

    HOLIDAY = "holiday", "节假日"
    MAKEUP = "makeup", "调休上班"


class Light(models.TextChoices):
    """The light of a clock: up to 80 % of the limit, up to 100 %, beyond."""

    GREEN = "green", "绿灯"
    YELLOW = "yellow", "黄灯"
    RED = "red", "红灯"
    NONE = "none", "未计时"

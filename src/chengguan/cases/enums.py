"""Sources of reports, and the marks a case may carry."""

from django.db import models


class Source(models.TextChoices):
    """Where a report came from (问题来源)."""

    COLLECTOR = "collector", "采集员"
    HOTLINE = "hotline", "公众热线"
    PUBLIC = "public", "公众举报"
    VIDEO = "video", "视频AI"
    SENSOR = "sensor", "物联告警"
    LEADER = "leader", "领导交办"
    MEDIA = "media", "媒体曝光"
    SUPERIOR = "superior", "上级转办"
    EXTERNAL = "external", "外系统转办"
    UNIT = "unit", "单位自查"


class ReportStatus(models.TextChoices):
    """What became of a raw report."""

    PENDING = "pending", "待转案件"
    CASE = "case", "已成案件"
    JOINED = "joined", "并入案件"
    REFUSED = "refused", "未采纳"

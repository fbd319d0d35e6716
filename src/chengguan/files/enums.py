"""What a file shows, and in which step of the procedure it belongs."""

from django.db import models


class Role(models.TextChoices):
    """The step whose evidence a file is."""

    REPORT = "report", "上报"
    VERIFY = "verify", "核实"
    HANDLE_BEFORE = "handle_before", "处置前"
    HANDLE_AFTER = "handle_after", "处置后"
    CHECK = "check", "核查"
    REQUEST = "request", "申请"
    OTHER = "other", "其他"

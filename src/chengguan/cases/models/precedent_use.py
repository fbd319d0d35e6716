"""Which dispatch followed which ruling; written with the dispatch, and only by those that did."""

from __future__ import annotations

from django.db import models


class PrecedentUse(models.Model):
    """One dispatch by one precedent; case, event and unit stand by value."""

    id = models.BigIntegerField(primary_key=True)
    precedent_id = models.BigIntegerField("裁定先例")
    case_id = models.BigIntegerField("案件")
    event_id = models.BigIntegerField("派遣事件")
    unit_id = models.BigIntegerField("单位")
    automatic = models.BooleanField("自动派遣")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "先例适用"
        constraints = [
            models.UniqueConstraint(fields=["event_id"], name="cases_precedent_use_once")
        ]
        indexes = [models.Index(fields=["precedent_id", "at"], name="cases_precedent_use_of")]

    def __str__(self) -> str:
        return f"{self.precedent_id} {self.case_id}"

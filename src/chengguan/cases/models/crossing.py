"""Cases in whose handling a unit of another town has a part; written with the step that calls it."""

from __future__ import annotations

from django.db import models

from chengguan.store.fields import CodeField


class Crossing(models.Model):
    """跨镇域: one unit of `lender` in one case of `home`. It stays when the part is over.

    `deployment_id` names the approval by value, and until `until` the lending town sees the case by
    it; both None for what the district itself ordered, which lets nobody see more than before.
    """

    case_id = models.BigIntegerField("案件")
    home = CodeField("案件所在街镇", max_length=9)
    lender = CodeField("派出街镇", max_length=9)
    unit_id = models.BigIntegerField("派出单位")
    deployment_id = models.BigIntegerField("跨镇域调配", null=True)
    since = models.DateTimeField("起")
    until = models.DateTimeField("止", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "跨镇域办理"
        indexes = [
            models.Index(fields=["case_id"], name="cases_crossing_case"),
            models.Index(
                fields=["deployment_id"],
                name="cases_crossing_deployment",
                condition=models.Q(deployment_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.home} {self.lender}"

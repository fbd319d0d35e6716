"""What the desk keeps for one person: what was typed and not yet sent, and the last filters."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField


class Draft(models.Model):
    """What a person has typed into a verb's form on a case and not sent; one row for the three.

    Names its case by value, as work items do; nobody but its writer ever reads it.
    """

    user_id = models.BigIntegerField("人员")
    case_id = models.BigIntegerField("案件")
    verb = CodeField("动作", max_length=40)
    data = models.JSONField("所填内容", default=dict)
    changed_at = models.DateTimeField("最近改动", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "办理草稿"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "case_id", "verb"], name="command_draft_of_person"
            )
        ]
        indexes = [models.Index(fields=["changed_at"], name="command_draft_age")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verb}"


class DeskView(models.Model):
    """The filters that a person left his desk with: they are there again tomorrow."""

    user_id = models.BigIntegerField("人员", primary_key=True)
    query = models.CharField("筛选条件", max_length=600, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "办理台视图"

    def __str__(self) -> str:
        return self.query

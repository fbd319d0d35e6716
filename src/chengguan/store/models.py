"""The revision numbers by which every process knows when its cached reference data is stale."""

from __future__ import annotations

from django.db import models


class Revision(models.Model):
    """How often one kind of reference data has changed."""

    name = models.CharField("名称", max_length=40, primary_key=True)
    number = models.BigIntegerField("修订号", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "修订号"

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

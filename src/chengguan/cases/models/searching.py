"""The index of cases for search: derived, so it can be thrown away and made again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchEntry(models.Model):
    """What one case says and carries, as numbers; see `cases.search.tokens`.

    `digest` tells without reading the numbers whether they have changed.
    """

    case_id = models.BigIntegerField("案件", primary_key=True)
    digest = models.IntegerField("摘要")
    tokens = ArrayField(models.IntegerField(), verbose_name="词与标记")

    class Meta:
        verbose_name = verbose_name_plural = "检索条目"
        # Entries of some minutes wait in a list and go into the index together, for a fifth of the
        # processor; every search reads the list, so it is short (kB).
        indexes = [
            GinIndex(
                fields=["tokens"],
                name="cases_search_tokens",
                fastupdate=True,
                gin_pending_list_limit=512,
            )
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class SearchState(models.Model):
    """How far the index has come: one row.

    `position` is the place in the audit chain up to which changed cases are in it, `built_to` the
    case up to which a first build has come; until `ready` the index is asked nothing.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField("审计链序号", default=0)
    built_to = models.BigIntegerField("已建至", default=0)
    ready = models.BooleanField("可用", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "检索进度"

    def __str__(self) -> str:
        return f"{self.position} {'可用' if self.ready else self.built_to}"

"""The audit list by the common recipe: filters, detail with the place in the chain, export."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chengguan.audit.models import Entry, Link
from chengguan.ui.recipe.columns import Column
from chengguan.ui.recipe.filters import Choice, Words
from chengguan.ui.recipe.resource import Panel, Resource

#: The capability of the audit administrator; accounts, which defines it, stands above.
SEE = "audit.see"


@dataclass(frozen=True)
class Day:
    """From the beginning of a local day, or (with `until`) to its end."""

    name: str
    label: str
    until: bool = False

    def field(self, model: type[models.Model]) -> forms.Field:
        return forms.DateField(
            label=self.label,
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
            error_messages={"invalid": "日期应写作 2026-01-31。"},
        )

    def q(self, value: datetime.date) -> Q:
        day = value + datetime.timedelta(days=1) if self.until else value
        moment = timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        return Q(at__lt=moment) if self.until else Q(at__gte=moment)


def _rows(asker: Any) -> QuerySet[Entry]:
    return Entry.objects.all() if asker.can(SEE) else Entry.objects.none()


def _panels(row: Entry, request: HttpRequest) -> list[Panel]:
    link = Link.objects.filter(entry_id=row.pk).first()
    digest = bytes(link.digest).hex() if link else ""
    return [Panel("链中位置", "audit/_link.html", {"link": link, "digest": digest})]


ENTRIES = Resource(
    slug="entries",
    namespace="audit",
    model=Entry,
    title="审计记录",
    about="每次操作、登录、导出与拒绝。记录只增不改，逐条链入摘要链；导出本身也会记录。",
    see=SEE,
    rows=_rows,
    key="id",
    sort="-at",
    columns=(
        Column("at", sort="at"),
        Column("actor"),
        Column("post"),
        Column("action"),
        Column("subject_type"),
        Column("subject_id"),
        Column("result"),
        Column("ip"),
        Column("request_id", chosen=False),
    ),
    filters=(
        Day("since", "自"),
        Day("until", "至", until=True),
        Words(("actor",), (), name="who", label="用户"),
        Words((), ("action",), name="action", label="动作"),
        Words((), ("subject_type",), name="subject_type", label="对象类型"),
        Words((), ("subject_id",), name="what", label="对象编号"),
        Choice("result"),
    ),
    panels=_panels,
)

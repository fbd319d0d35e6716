"""Filters of a list: each is one form field and what it asks of the rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from ..widgets import PlainSelect
from .columns import field_of

_CODE = RegexValidator(r"^[0-9A-Za-z_-]+$", "只能填写数字、字母、横线和下划线。")


class Filter(Protocol):
    """What a list needs of a filter."""

    @property
    def name(self) -> str: ...

    def field(self, model: type[models.Model]) -> forms.Field: ...

    def q(self, value: Any) -> Q: ...


@dataclass(frozen=True)
class Words:
    """Free words: each must occur in one of the fields; an all-digit word may begin a code."""

    fields: tuple[str, ...]
    codes: tuple[str, ...] = ("code",)
    name: str = "words"
    label: str = "关键词"

    def field(self, model: type[models.Model]) -> forms.Field:
        return forms.CharField(
            label=self.label,
            required=False,
            max_length=60,
            widget=forms.TextInput(attrs={"type": "search"}),
        )

    def q(self, value: str) -> Q:
        asked = Q()
        for word in value.split():
            one = Q()
            for code in self.codes:
                one |= Q(**{f"{code}__startswith": word})
            for field in self.fields:
                one |= Q(**{f"{field}__icontains": word})
            asked &= one
        return asked


@dataclass(frozen=True)
class Choice:
    """One of the field's choices, or of those `options` returns when the page is shown."""

    name: str
    label: str = ""
    options: Callable[[], Iterable[tuple[str, str]]] | None = None
    lookup: str = ""

    def field(self, model: type[models.Model]) -> forms.Field:
        field = field_of(model, self.name)
        choices = (
            list(self.options()) if self.options else list(getattr(field, "choices", ()) or ())
        )
        label = self.label or str(getattr(field, "verbose_name", self.name))
        return forms.ChoiceField(
            label=label, required=False, choices=[("", "全部"), *choices], widget=PlainSelect
        )

    def q(self, value: str) -> Q:
        return Q(**{self.lookup or self.name: value})


@dataclass(frozen=True)
class Prefix:
    """A code or the beginning of one: a subtree, since codes are hierarchical."""

    name: str
    label: str = ""

    def field(self, model: type[models.Model]) -> forms.Field:
        field = field_of(model, self.name)
        label = self.label or str(getattr(field, "verbose_name", self.name))
        return forms.CharField(label=label, required=False, max_length=24, validators=[_CODE])

    def q(self, value: str) -> Q:
        return Q(**{f"{self.name}__startswith": value})


@dataclass(frozen=True)
class Yes:
    """Only rows where a flag is set, or only those where it is not."""

    name: str
    label: str = ""

    def field(self, model: type[models.Model]) -> forms.Field:
        field = field_of(model, self.name)
        label = self.label or str(getattr(field, "verbose_name", self.name))
        return forms.ChoiceField(
            label=label,
            required=False,
            choices=[("", "全部"), ("1", "是"), ("0", "否")],
            widget=PlainSelect,
        )

    def q(self, value: str) -> Q:
        return Q(**{self.name: value == "1"})


@dataclass(frozen=True)
class ValidOn:
    """Rows valid on a date: begun, and not ended before it (the last day included)."""

    name: str = "on"
    label: str = "有效日期"

    def field(self, model: type[models.Model]) -> forms.Field:
        return forms.DateField(
            label=self.label,
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
            error_messages={"invalid": "日期应写作 2026-01-31。"},
        )

    def q(self, value: datetime.date) -> Q:
        return Q(valid_from__lte=value) & (Q(valid_to__isnull=True) | Q(valid_to__gte=value))


def form_for(
    model: type[models.Model], filters: Sequence[Filter], data: Any
) -> tuple[forms.Form, Q | None]:
    """Return the filter form bound to `data`, and what it asks; None where it is wrong."""
    form = forms.Form(data, auto_id="filter-%s")
    for one in filters:
        form.fields[one.name] = one.field(model)
    if not form.is_valid():
        return form, None
    asked = Q()
    for one in filters:
        value = form.cleaned_data[one.name]
        if value not in (None, ""):
            asked &= one.q(value)
    return form, asked

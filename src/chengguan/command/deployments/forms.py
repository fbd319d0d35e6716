"""The form by which a town asks for forces of others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone

from chengguan.ui.widgets import PlainSelect

_YEARS: Final = (2000, 2100)


class _Moment(forms.DateTimeField):
    default_error_messages = {"invalid": "时间应写作 2026-05-01 08:00。"}
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def clean(self, value: Any) -> datetime | None:
        found: datetime | None = super().clean(value)
        if found is not None and not _YEARS[0] <= found.year <= _YEARS[1]:
            raise forms.ValidationError(f"时间应在 {_YEARS[0]} 年至 {_YEARS[1]} 年之间。")
        return found


class AskForm(forms.Form):
    """What for, why, when; the units are check boxes of the page."""

    town = forms.ChoiceField(label="申请街镇", required=False, widget=PlainSelect)
    title = forms.CharField(label="任务", max_length=80)
    text = forms.CharField(
        label="要求", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    place = forms.CharField(label="地点", required=False, max_length=120)
    case = forms.CharField(label="案件编号", required=False, max_length=19)
    begins_at = _Moment(label="开始")
    ends_at = _Moment(label="结束", help_text="到时自动结束，最长 30 天")
    reason = forms.CharField(
        label="申请理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, towns: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        town = self.fields["town"]
        assert isinstance(town, forms.ChoiceField)
        town.choices = towns
        now = timezone.localtime().replace(second=0, microsecond=0)
        self.fields["begins_at"].initial = now
        self.fields["ends_at"].initial = now + timedelta(hours=4)

"""The forms of orders: a new one, an amendment, a recipient's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from chengguan.ui.widgets import PlainSelect

from ..enums import OrderKind

STATES = [
    ("", "全部"),
    ("open", "办理中"),
    ("late", "有超期"),
    ("done", "已办结"),
    ("withdrawn", "已撤回"),
]


class _Moment(forms.DateTimeField):
    default_error_messages = {"invalid": "时间应写作 2026-05-01 08:00。"}
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class OrderForm(forms.Form):
    """A new order, its recipients aside: they are check boxes the page offers."""

    title = forms.CharField(
        label="标题", max_length=80, error_messages={"required": "请写明命令标题。"}
    )
    kind = forms.ChoiceField(label="类别", choices=OrderKind.choices, widget=PlainSelect)
    text = forms.CharField(
        label="内容", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    due = _Moment(label="完成时限", required=False)
    place = forms.CharField(label="地点", required=False, max_length=120)
    lon = forms.FloatField(label="经度", required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label="纬度", required=False, min_value=-90, max_value=90)
    metres = forms.IntegerField(
        label="半径（米）", required=False, min_value=1, max_value=50_000, help_text="不填为一个点"
    )
    case = forms.CharField(label="案件编号", required=False, max_length=19)
    drill = forms.BooleanField(label="演练命令（不计入真实统计）", required=False)
    points = forms.CharField(
        label="点位清单",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="一行一个点位：地点,经度,纬度,单位。经纬度和单位可不写；每个点位分别回执。",
    )
    lead = forms.TypedChoiceField(
        label="牵头单位", required=False, coerce=int, empty_value=None, widget=PlainSelect
    )

    def __init__(self, *args: Any, leads: list[tuple[int, str]] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        lead = self.fields["lead"]
        assert isinstance(lead, forms.TypedChoiceField)
        lead.choices = [("", "不设牵头"), *(leads or [])]
        self.fields["due"].initial = lambda: timezone.localtime() + timedelta(hours=2)


class AmendForm(forms.Form):
    """What of an order may change after it was given."""

    text = forms.CharField(
        label="内容", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )
    due = _Moment(label="完成时限", required=False)


class FilterForm(forms.Form):
    """What the list of orders is asked."""

    words = forms.CharField(label="标题、内容", required=False, max_length=60)
    state = forms.ChoiceField(label="进展", required=False, choices=STATES, widget=PlainSelect)
    kind = forms.ChoiceField(
        label="类别",
        required=False,
        choices=[("", "全部"), *OrderKind.choices],
        widget=PlainSelect,
    )
    drill = forms.ChoiceField(
        label="性质",
        required=False,
        choices=[("", "全部"), ("0", "真实"), ("1", "演练")],
        widget=PlainSelect,
    )
    step = forms.CharField(required=False, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, widget=forms.HiddenInput)

"""The new report; the filters of the case list stand in `filter_form`."""

from __future__ import annotations

import uuid

from django import forms

from .enums import Source
from .filter_form import CaseFilterForm

__all__ = ["CallForm", "CaseFilterForm", "ReportForm"]

_BOUND = "请填写 3 至 2000 个字，说明看到了什么。"


class ReportForm(forms.Form):
    """What is seen, where, and from whom; `key` makes sending it twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    source = forms.ChoiceField(label="来源", choices=Source.choices)
    text = forms.CharField(
        label="问题描述",
        min_length=3,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _BOUND, "min_length": _BOUND},
    )
    address = forms.CharField(label="地点描述", max_length=200, required=False)
    lon = forms.FloatField(
        label="经度",
        min_value=-180,
        max_value=180,
        error_messages={"required": "请在地图上点选位置。"},
    )
    lat = forms.FloatField(
        label="纬度",
        min_value=-90,
        max_value=90,
        error_messages={"required": "请在地图上点选位置。"},
    )
    matter = forms.CharField(required=False, max_length=24)
    component = forms.CharField(label="部件标识码", required=False, max_length=17)
    reporter_name = forms.CharField(label="举报人", required=False, max_length=40)
    reporter_phone = forms.CharField(label="举报人电话", required=False, max_length=20)


class CallForm(ReportForm):
    """A call: what the caller says, what was chosen among the proposals, and whether to file."""

    source = forms.ChoiceField(label="来源", choices=Source.choices, initial=Source.HOTLINE)
    text = forms.CharField(
        label="来电人的话",
        min_length=3,
        max_length=2000,
        widget=forms.Textarea(
            attrs={
                "rows": 5,
                "autofocus": True,
                "placeholder": "边听边记：什么东西、怎么了、在哪里",
            }
        ),
        error_messages={"required": _BOUND, "min_length": _BOUND},
    )
    rule = forms.IntegerField(required=False, min_value=1, max_value=2**53)
    same_as = forms.RegexField(r"^[0-9]{19}$", required=False)
    unverified = forms.CharField(
        label="未核实立案的理由",
        required=False,
        max_length=200,
        help_text="公众举报一般先核实；情况明确、不必核实的，写明理由后可直接立案。",
    )

"""The forms of meetings."""

from __future__ import annotations

from typing import Any

from django import forms

from ..orders.domain.reach import reachable_people, reachable_units

_LONG = forms.Textarea(attrs={"rows": 4})


class MeetingForm(forms.Form):
    """A meeting as it is written down."""

    title = forms.CharField(label="会议名称", max_length=100)
    series = forms.CharField(
        label="系列",
        required=False,
        max_length=60,
        help_text="同一系列的下次会议会列出未办结的事项，如：城市管理委员会",
    )
    held = forms.DateTimeField(
        label="时间",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"invalid": "时间应写作 2026-05-01 08:00。"},
    )
    place = forms.CharField(label="地点", required=False, max_length=120)
    participants = forms.CharField(
        label="参加人员", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    agenda = forms.CharField(label="议题", required=False, max_length=2000, widget=_LONG)
    minutes = forms.CharField(label="纪要", required=False, max_length=8000, widget=_LONG)


class DecisionForm(forms.Form):
    """A decision: what, who, until when."""

    title = forms.CharField(label="议定事项", max_length=120)
    owner = forms.ChoiceField(label="责任方")
    due = forms.DateTimeField(
        label="期限",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"invalid": "时间应写作 2026-05-01 08:00。"},
    )

    def __init__(self, *args: Any, principal: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = reachable_units(principal).order_by("path").values_list("pk", "name")
        people = reachable_people(principal).order_by("name", "pk")
        rows = people.values_list("pk", "name", "organisation__name")[:300]
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [
            ("", "请选择"),
            ("单位", [(f"unit:{pk}", name) for pk, name in units]),
            ("人员", [(f"person:{pk}", f"{name}（{where}）") for pk, name, where in rows]),
        ]

"""The new report, and the filters of the case list."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from chengguan.registry.enums import MatterKind
from chengguan.ui.widgets import PlainSelect
from chengguan.workflow.domain.shape import Compiled

from .enums import Source
from .filters import FLAGS, CaseFilter

_LIGHTS = [("", "全部"), ("red", "已超期"), ("yellow", "将到期"), ("green", "正常")]
_SORTS = [("due", "剩余时间（在办）"), ("-opened", "最近上报"), ("opened", "最早上报")]
_BOUND = "请填写 3 至 2000 个字，说明看到了什么。"


class Chosen(forms.ChoiceField):
    """A choice written quickly: a list page has nine of them."""

    widget = PlainSelect


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


class CaseFilterForm(forms.Form):
    """The filters of the list; every one of them is in the address, so a list can be kept."""

    words = forms.CharField(
        label="编号、描述、地点",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    stage = Chosen(label="阶段", required=False)
    state = Chosen(label="状态", required=False)
    light = Chosen(label="时限", required=False, choices=_LIGHTS)
    open = Chosen(
        label="办结", required=False, choices=[("", "全部"), ("1", "在办"), ("0", "已办结")]
    )
    mine = Chosen(label="范围", required=False, choices=[("", "全部可见"), ("1", "待我办理")])
    kind = Chosen(label="类别", required=False, choices=[("", "全部"), *MatterKind.choices])
    matter = forms.RegexField(
        r"^[0-9]*$",
        label="事项代码开头",
        required=False,
        max_length=8,
        error_messages={"invalid": "只能填写数字。"},
    )
    area = forms.RegexField(
        r"^[0-9]*$",
        label="区划代码开头",
        required=False,
        max_length=15,
        error_messages={"invalid": "只能填写数字。"},
    )
    unit = Chosen(label="处置单位", required=False)
    source = Chosen(label="来源", required=False, choices=[("", "全部"), *Source.choices])
    flag = Chosen(
        label="标记",
        required=False,
        choices=[("", "全部"), *((name, title) for name, (title, _) in FLAGS.items())],
    )
    sort = Chosen(label="排序", required=False, choices=_SORTS)
    opened_from = forms.DateField(
        label="上报自", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    opened_to = forms.DateField(
        label="上报至", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any, *, definition: Compiled, units: list[tuple[str, str]]) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._choose("stage", list(definition.stages.items()))
        self._choose("state", [(name, one.title) for name, one in definition.states.items()])
        self._choose("unit", units)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, Chosen)
        field.choices = [("", "全部"), *choices]

    def wanted(self) -> CaseFilter:
        """Return the filter asked for; days are whole local days, the last one included."""
        data = self.cleaned_data
        words = data["words"].strip()
        number = words if words.isascii() and words.isdigit() and len(words) >= 6 else ""
        return CaseFilter(
            number=number,
            words="" if number else words,
            kind=data["kind"],
            matter=data["matter"],
            source=(data["source"],) if data["source"] else (),
            area=data["area"],
            unit=int(data["unit"]) if data["unit"] else None,
            states=(data["state"],) if data["state"] else (),
            stage=data["stage"],
            light=data["light"],
            open={"1": True, "0": False}.get(data["open"]),
            opened_from=_midnight(data["opened_from"]),
            opened_to=_midnight(data["opened_to"], days=1),
            flags=(data["flag"],) if data["flag"] else (),
        )

    @property
    def order(self) -> str:
        """Return the order asked for: by time left, or for closed cases the latest first."""
        closed = self.cleaned_data["open"] == "0"
        asked: str = self.cleaned_data["sort"] or ("-opened" if closed else "due")
        return "-opened" if closed and asked == "due" else asked


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))

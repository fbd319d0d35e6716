"""The form of a plan that starts itself."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms

from chengguan.programmes.enums import OnDayOff, Rhythm
from chengguan.registry.models import Area
from chengguan.ui.widgets import PlainSelect

from ..models import PlanTemplate
from .domain.scheduling import Terms, lead_units
from .domain.template import LEVELS
from .forms import NAMES

WEEKDAYS: Final = [
    ("1", "周一"),
    ("2", "周二"),
    ("3", "周三"),
    ("4", "周四"),
    ("5", "周五"),
    ("6", "周六"),
    ("7", "周日"),
]
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2100


def _date(label: str, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ScheduleForm(forms.Form):
    """When a plan starts itself, and as what."""

    rhythm = forms.ChoiceField(label="周期", choices=Rhythm.choices, widget=PlainSelect)
    weekdays = forms.MultipleChoiceField(
        label="周几", choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    dates = forms.CharField(
        label="几号",
        required=False,
        max_length=100,
        help_text="每月时填写，多个用逗号分开，如 1,15；当月没有的，按月末日",
    )
    begin = forms.TimeField(
        label="开始时间",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "时间应写作 19:00。"},
    )
    valid_from = _date("起")
    valid_until = _date("止", required=False)
    on_day_off = forms.ChoiceField(
        label="遇非工作日",
        choices=OnDayOff.choices,
        widget=PlainSelect,
        help_text="按工作日历：周末和节假日为非工作日，调休上班为工作日",
    )
    window = forms.IntegerField(
        label="补启动时限（分钟）",
        initial=120,
        help_text="系统停过的，恢复时只补最近一次，且不晚于这个时限；其余记为错过",
    )
    level = forms.ChoiceField(
        label="级别", choices=[(one, NAMES[one]) for one in reversed(LEVELS)], widget=PlainSelect
    )
    lead = forms.TypedChoiceField(
        label="牵头单位", required=False, coerce=int, empty_value=None, widget=PlainSelect
    )
    mode = forms.ChoiceField(
        label="性质", choices=[("real", "真实启动"), ("drill", "演练")], widget=PlainSelect
    )
    area = forms.ChoiceField(label="范围", required=False, widget=PlainSelect)
    place = forms.CharField(label="地点", required=False, max_length=120)

    def __init__(self, *args: Any, plan: PlanTemplate, may_real: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = Area.objects.filter(
            code__startswith=plan.area_code, level__in=("district", "street")
        )
        rows = list(areas.order_by("code").values_list("code", "name")[:200])
        units = {pk: name for level in LEVELS for pk, name in lead_units(plan, level)}
        self._choices("area", [("", "预案的整个区域"), *rows])
        self._choices("lead", [("", "不设牵头"), *units.items()])
        if not may_real:
            self._choices("mode", [("drill", "演练")])

    def clean_dates(self) -> tuple[int, ...]:
        """Read dates of the month; the domain says which can't be."""
        parts = [part for part in re.split(r"[,，、;；\s]+", self.cleaned_data["dates"]) if part]
        if not all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts):
            raise forms.ValidationError("请写 1 至 31 的数字，用逗号分开。")
        return tuple(int(part) for part in parts)

    def clean(self) -> dict[str, Any]:
        """Refuse years that no calendar has and nobody means."""
        data = super().clean() or self.cleaned_data
        for name in ("valid_from", "valid_until"):
            if data.get(name) and not _FIRST_YEAR <= data[name].year <= _LAST_YEAR:
                self.add_error(name, f"日期应在 {_FIRST_YEAR} 年至 {_LAST_YEAR} 年之间。")
        return data

    def terms(self) -> Terms:
        """Give the terms of a valid form."""
        said = self.cleaned_data
        days: tuple[int, ...] = {
            Rhythm.WEEKLY.value: tuple(int(one) for one in said["weekdays"]),
            Rhythm.MONTHLY.value: said["dates"],
        }.get(said["rhythm"], ())
        return Terms(
            level=said["level"],
            rhythm=said["rhythm"],
            begin=said["begin"],
            valid_from=said["valid_from"],
            valid_until=said["valid_until"],
            days=days,
            on_day_off=said["on_day_off"],
            window_minutes=said["window"],
            drill=said["mode"] == "drill",
            area_code=said["area"],
            place=said["place"],
            lead_unit=said["lead"],
        )

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

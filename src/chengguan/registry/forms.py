"""What the coverage and locating pages are asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from chengguan.core.errors import Invalid
from chengguan.core.instants import usable

from .enums import AreaLevel, MatterKind

_LEVELS = [
    (level.value, level.label)
    for level in (AreaLevel.DISTRICT, AreaLevel.STREET, AreaLevel.COMMUNITY)
]
_DIGITS = "只能填写数字。"


def _within(name: str, most: int) -> dict[str, str]:
    said = f"{name}应为 -{most} 至 {most} 之间的数。"
    return dict.fromkeys(("required", "invalid", "min_value", "max_value"), said)


class _MomentField(forms.DateTimeField):
    """A moment that calendars and the database can hold."""

    default_error_messages = {"invalid": "时刻应写作 2026-01-31 09:00。"}

    def clean(self, value: Any) -> datetime | None:
        found = super().clean(value)
        try:
            return None if found is None else usable(found)
        except ValueError as error:
            raise forms.ValidationError(f"{error}。") from None


class CoverageForm(forms.Form):
    """Which matters, which areas, when."""

    level = forms.ChoiceField(label="区域级别", choices=_LEVELS, required=False)
    under = forms.RegexField(
        r"^\d*$",
        label="上级代码开头",
        required=False,
        max_length=12,
        error_messages={"invalid": _DIGITS},
    )
    kind = forms.ChoiceField(
        label="类别", choices=[("", "全部"), *MatterKind.choices], required=False
    )
    only = forms.ChoiceField(
        label="显示",
        choices=[
            ("", "全部"),
            ("open", "有空白或冲突的"),
            ("gap", "有空白的"),
            ("conflict", "有冲突的"),
        ],
        required=False,
    )
    at = _MomentField(
        label="时刻",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )


class CellForm(forms.Form):
    """One cell of the matrix: a matter as "kind:code", an area, a moment (now when unsaid)."""

    matter = forms.CharField(max_length=24, error_messages={"required": "请说明是哪个事项。"})
    area = forms.CharField(
        max_length=15,
        validators=[RegexValidator(r"^[0-9]+\Z", _DIGITS)],
        error_messages={"required": "请说明是哪个区域。"},
    )
    at = _MomentField(required=False)


class PointForm(forms.Form):
    """A point in degrees, its coordinate system, and perhaps a matter as "kind:code"."""

    lon = forms.FloatField(
        label="经度", min_value=-180, max_value=180, error_messages=_within("经度", 180)
    )
    lat = forms.FloatField(
        label="纬度", min_value=-90, max_value=90, error_messages=_within("纬度", 90)
    )
    matter = forms.CharField(label="事项", required=False, max_length=24)


def read_matter(text: str) -> tuple[str, str]:
    """Read "kind:code" (both empty for nothing chosen); raises `Invalid` for anything else."""
    if not text:
        return "", ""
    kind, _, code = text.partition(":")
    if kind not in MatterKind.values or not code:
        raise no_matter()
    return kind, code


def no_matter() -> Invalid:
    """The matter isn't in the catalogue."""
    return Invalid("matter.choice", "没有这个事项。", mend="请从搜索结果中选择。", field="matter")


def first_error(form: Any) -> str:
    """Return the first sentence of a form that is wrong, after its field's name where it has one."""
    for name, errors in form.errors.items():
        return f"{_title(form, name)}{errors[0]}"
    return "请检查填写的内容。"


def first_wrong(form: Any) -> str | None:
    """Return the name of the first field that is wrong; None when the whole is."""
    return next((name for name in form.errors if name in form.fields), None)


def _title(form: Any, name: str) -> str:
    field = form.fields.get(name)
    if field is None or field.widget.is_hidden or not field.label:
        return ""
    return f"“{field.label}”："

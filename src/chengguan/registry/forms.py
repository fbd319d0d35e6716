"""What the coverage and locating pages are asked."""

from __future__ import annotations

from typing import Any

from django import forms

from chengguan.core.errors import Invalid

from .enums import AreaLevel, MatterKind

_LEVELS = [
    (level.value, level.label)
    for level in (AreaLevel.DISTRICT, AreaLevel.STREET, AreaLevel.COMMUNITY)
]


class CoverageForm(forms.Form):
    """Which matters, which areas, when."""

    level = forms.ChoiceField(label="区域级别", choices=_LEVELS, required=False)
    under = forms.RegexField(
        r"^\d*$",
        label="上级代码开头",
        required=False,
        max_length=12,
        error_messages={"invalid": "只能填写数字。"},
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
    at = forms.DateTimeField(
        label="时刻",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"invalid": "时刻应写作 2026-01-31 09:00。"},
    )


class PointForm(forms.Form):
    """A point in degrees, its coordinate system, and perhaps a matter as "kind:code"."""

    lon = forms.FloatField(label="经度", min_value=-180, max_value=180)
    lat = forms.FloatField(label="纬度", min_value=-90, max_value=90)
    matter = forms.CharField(label="事项", required=False, max_length=24)


def read_matter(text: str) -> tuple[str, str]:
    """Read "kind:code" (both empty for nothing chosen); raises `Invalid` for anything else."""
    if not text:
        return "", ""
    kind, _, code = text.partition(":")
    if kind not in MatterKind.values or not code:
        raise Invalid(
            "matter.choice", "没有这个事项。", mend="请从搜索结果中选择。", field="matter"
        )
    return kind, code


def first_error(form: Any) -> str:
    """Return the first sentence of a form that is wrong."""
    return next((str(errors[0]) for errors in form.errors.values()), "请检查填写的内容。")

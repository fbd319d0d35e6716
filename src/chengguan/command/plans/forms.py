"""The forms of plans: starting one, bringing one in."""

from __future__ import annotations

from typing import Any

from django import forms

from chengguan.registry.models import Area
from chengguan.ui.widgets import PlainSelect

from .domain.template import LEVELS

NAMES = {
    "I": "I 级（特别重大）",
    "II": "II 级（重大）",
    "III": "III 级（较大）",
    "IV": "IV 级（一般）",
}


class StartForm(forms.Form):
    """How a plan is started; a drill unless said otherwise."""

    level = forms.ChoiceField(
        label="响应级别",
        choices=[(level, NAMES[level]) for level in reversed(LEVELS)],
        widget=PlainSelect,
    )
    mode = forms.ChoiceField(
        label="性质", choices=[("drill", "演练"), ("real", "真实启动")], widget=PlainSelect
    )
    area = forms.ChoiceField(label="范围", required=False, widget=PlainSelect)
    place = forms.CharField(label="地点", required=False, max_length=120)

    def __init__(self, *args: Any, area_code: str, may_real: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = Area.objects.filter(code__startswith=area_code, level__in=("district", "street"))
        rows = list(areas.order_by("code").values_list("code", "name")[:200])
        area, mode = self.fields["area"], self.fields["mode"]
        assert isinstance(area, forms.ChoiceField)
        assert isinstance(mode, forms.ChoiceField)
        area.choices = [("", "预案的整个区域"), *rows]
        if not may_real:
            mode.choices = [("drill", "演练")]


class ImportForm(forms.Form):
    """A plan's file; a table says nothing of its head, so the form does."""

    file = forms.FileField(label="预案文件（XLSX 或 TOML）")
    code = forms.RegexField(
        r"^[a-z0-9-]*$",
        label="预案代码",
        required=False,
        max_length=40,
        help_text="小写字母、数字、连字符；TOML 里写了的不必再填",
        error_messages={"invalid": "只能用小写字母、数字和连字符。"},
    )
    name = forms.CharField(label="名称", required=False, max_length=80)
    basis = forms.CharField(
        label="依据", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".xlsx,.toml"
        self.fields["file"].error_messages["required"] = "请选择预案文件。"


class HeadForm(forms.Form):
    """What a plan is called and rests on; its code stays when it is changed."""

    code = forms.RegexField(
        r"^[a-z0-9-]+$",
        label="预案代码",
        max_length=40,
        help_text="小写字母、数字、连字符，例如 taifeng-baoyu；以后不再改",
        error_messages={"invalid": "只能用小写字母、数字和连字符。"},
    )
    name = forms.CharField(label="名称", max_length=80)
    basis = forms.CharField(
        label="依据", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, fixed: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = ""
